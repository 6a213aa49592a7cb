using System.Threading.Channels;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>
/// One shard's lane: cuts its records into micro-batches as Lambda's event source mapping does (batch size, batching window, 6 MB payload) and
/// delivers them one after the other. One writer fills the channel; one reader, <see cref="Run"/>, owns everything else.
/// </summary>
internal sealed class Lane(string shard, Func<MicroBatch, CancellationToken, ValueTask> deliver, MappingSettings settings, TimeProvider time)
{
    /// <summary>What a record adds to a Lambda event beside its data: metadata members, ARNs, ids.</summary>
    private const int EnvelopeBytes = 512;

    /// <summary>Chunks that may wait: the reader of a file stays at most this far ahead of the slowest shard.</summary>
    private const int ChunksWaitingMax = 4;

    private readonly Channel<RecordChunk> _chunks = Channel.CreateBounded<RecordChunk>(
        new BoundedChannelOptions(ChunksWaitingMax) { SingleReader = true, SingleWriter = true });

    private readonly List<RecordChunk> _held = [];
    private List<StreamRecord> _batch = [];
    private long _payloadBytes;

    public ChannelWriter<RecordChunk> Writer => _chunks.Writer;

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
        }
        finally
        {
            Release(_held.Count);
            while (_chunks.Reader.TryRead(out var chunk))
            {
                chunk.Buffer.Dispose();
            }
        }
    }

    private async ValueTask Take(RecordChunk chunk, CancellationToken cancellation)
    {
        _held.Add(chunk);
        foreach (var record in chunk.Records)
        {
            var bytes = ((record.Data.Length + 2) / 3 * 4) + EnvelopeBytes;
            if (_batch.Count == settings.BatchSize || (_batch.Count > 0 && _payloadBytes + bytes > settings.PayloadBytesMax))
            {
                await Flush(cancellation);
            }

            _batch.Add(record);
            _payloadBytes += bytes;
        }
    }

    /// <summary>Waits for records; with a batching window, at most until the window of the records at hand closes. False when there will be none.</summary>
    private async ValueTask<bool> More(CancellationToken cancellation)
    {
        if (settings.BatchWindow is not { } window || _batch.Count == 0)
        {
            return await _chunks.Reader.WaitToReadAsync(cancellation);
        }

        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var more = _chunks.Reader.WaitToReadAsync(timer.Token).AsTask();
        if (await Task.WhenAny(more, Task.Delay(window, time, timer.Token)) != more)
        {
            await Flush(cancellation);
        }
        else
        {
            await timer.CancelAsync();
        }

        return await more;
    }

    private async ValueTask Flush(CancellationToken cancellation)
    {
        if (_batch.Count == 0)
        {
            return;
        }

        await deliver(new MicroBatch(shard, _batch), cancellation);

        // The chunk being taken, the last held, may have records that are still to come.
        Release(_held.Count - 1);
        _batch = new List<StreamRecord>(_batch.Count + 64);
        _payloadBytes = 0;
    }

    private void Release(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _held[i].Buffer.Dispose();
        }

        _held.RemoveRange(0, Math.Max(0, count));
    }
}
