using System.Threading.Channels;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>
/// One shard's lane: cuts its records into micro-batches as Lambda's event source mapping does (batch size, batching window, 6 MB payload) and
/// delivers them one after the other. One writer fills the channel; one reader, <see cref="Run"/>, owns everything else.
/// <para>
/// While a batch is delivered the next one is cut and prepared. The invariant: at most one delivery is under way, the next one begins only after it has
/// succeeded, and a batch's buffers go back only when it is delivered or never will be. So a failure finds what it found without any preparing: everything
/// before it is settled, nothing behind it was delivered.
/// </para>
/// </summary>
/// <param name="shard">Shard id.</param>
/// <param name="deliver">Returns once the batch is settled.</param>
/// <param name="ahead">Prepares batches; null: none are, and a delivery ends before the next batch is cut.</param>
/// <param name="settings">How to cut.</param>
/// <param name="time">For the batching window.</param>
internal sealed class Lane(
    string shard, Func<MicroBatch, CancellationToken, ValueTask> deliver, BatchesAhead? ahead, MappingSettings settings, TimeProvider time)
{
    /// <summary>What a record adds to a Lambda event beside its data: metadata members, ARNs, ids.</summary>
    private const int EnvelopeBytes = 512;

    /// <summary>Chunks that may wait: the reader of a file stays at most this far ahead of the slowest shard.</summary>
    private const int ChunksWaitingMax = 4;

    private readonly Channel<RecordChunk> _chunks = Channel.CreateBounded<RecordChunk>(
        new BoundedChannelOptions(ChunksWaitingMax) { SingleReader = true, SingleWriter = true });

    private readonly List<RecordChunk> _held = [];

    // One list is filled while the other's batch is delivered: a batch's records are its function's only until it answers.
    private StreamRecords _batch = [];
    private StreamRecords _other = [];

    // A chunk that is a batch by itself, as a payload is, is not copied: until there are more records, it stands for the list, which is empty.
    private StreamRecords? _whole;
    private long _payloadBytes;
    private Task? _delivery;

    public ChannelWriter<RecordChunk> Writer => _chunks.Writer;

    private bool IsEmpty => _whole is null && _batch.Count == 0;

    /// <summary>Runs until the channel is completed and all is committed. On failure nothing beyond the last commit is lost: run again.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        try
        {
            while (await More(cancellation))
            {
                while (_chunks.Reader.TryRead(out var chunk))
                {
                    await Take(chunk, cancellation);
                }
            }

            await Flush(cancellation);
            await Delivered();
        }
        finally
        {
            // It reads the buffers. Its failure, if it has one, is why this ends.
            if (_delivery is not null)
            {
                await _delivery.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            Release(_held);
            while (_chunks.Reader.TryRead(out var chunk))
            {
                chunk.Buffer.Dispose();
            }
        }
    }

    private async ValueTask Take(RecordChunk chunk, CancellationToken cancellation)
    {
        if (_whole is { } before)
        {
            _batch.Add(before.Span);
            _whole = null;
        }

        _held.Add(chunk);
        for (var taken = 0; taken < chunk.Records.Count;)
        {
            var count = Fitting(chunk.Records.Span[taken..]);
            if (count == 0)
            {
                await Flush(cancellation);
                continue;
            }

            if (count == chunk.Records.Count && _batch.Count == 0)
            {
                _whole = chunk.Records;
                return;
            }

            _batch.Add(chunk.Records.Span.Slice(taken, count));
            taken += count;
        }
    }

    /// <summary>How many of the records go into the batch at hand before it is full; counts their bytes.</summary>
    private int Fitting(ReadOnlySpan<StreamRecord> records)
    {
        var count = 0;
        for (var room = settings.BatchSize - _batch.Count; count < records.Length && count < room; count++)
        {
            var bytes = ((records[count].Data.Length + 2) / 3 * 4) + EnvelopeBytes;
            if (_batch.Count + count > 0 && _payloadBytes + bytes > settings.PayloadBytesMax)
            {
                break;
            }

            _payloadBytes += bytes;
        }

        return count;
    }

    /// <summary>Waits for records; with a batching window, at most until the window of the records at hand closes. False when there will be none.</summary>
    private async ValueTask<bool> More(CancellationToken cancellation)
    {
        var next = _chunks.Reader.WaitToReadAsync(cancellation);
        if (next.IsCompleted)
        {
            return await next;
        }

        var more = next.AsTask();
        if (settings.BatchWindow is not { } window || IsEmpty)
        {
            await Either(more, more);
            return await more;
        }

        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var closed = Task.Delay(window, time, timer.Token);
        await Either(more, closed);
        if (!more.IsCompleted)
        {
            await Flush(cancellation);
        }
        else
        {
            await timer.CancelAsync();
        }

        return await more;
    }

    /// <summary>Waits for one of the two, and meanwhile for the delivery that is under way: its failure must not wait for the next record.</summary>
    private async ValueTask Either(Task one, Task other)
    {
        if (_delivery is { } delivery && await Task.WhenAny(one, other, delivery) == delivery)
        {
            await Delivered();
        }

        await Task.WhenAny(one, other);
    }

    private async ValueTask Flush(CancellationToken cancellation)
    {
        if (IsEmpty)
        {
            return;
        }

        var batch = new MicroBatch(shard, _whole ?? _batch);
        var isPrepared = _delivery is { IsCompleted: false } && ahead!.TryPrepare(batch);
        try
        {
            await Delivered();
        }
        catch when (isPrepared)
        {
            ahead!.Leave();
            throw;
        }

        // The chunk being taken, the last held, may have records that are still to come.
        var chunks = _held.GetRange(0, _held.Count - 1);
        _held.RemoveRange(0, _held.Count - 1);
        var delivery = ahead is null ? Deliver(batch, chunks, isPrepared, cancellation) : Task.Run(() => Deliver(batch, chunks, isPrepared, cancellation), CancellationToken.None);
        _delivery = delivery;
        if (_whole is null)
        {
            (_batch, _other) = (_other, _batch);
            _batch.Clear();
        }

        _whole = null;
        _payloadBytes = 0;
        if (ahead is null)
        {
            await Delivered();
        }
    }

    private async Task Deliver(MicroBatch batch, List<RecordChunk> chunks, bool isPrepared, CancellationToken cancellation)
    {
        try
        {
            await deliver(batch, cancellation);
        }
        finally
        {
            Release(chunks);
            if (isPrepared)
            {
                ahead!.Leave();
            }
        }
    }

    private async ValueTask Delivered()
    {
        if (_delivery is { } delivery)
        {
            await delivery;
            _delivery = null;
        }
    }

    private static void Release(List<RecordChunk> chunks)
    {
        foreach (var chunk in chunks)
        {
            chunk.Buffer.Dispose();
        }

        chunks.Clear();
    }
}
