using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Redrive;

/// <summary>
/// Finds the original bytes of an event by its shard and <c>_sequence</c>, for events whose bytes in quarantine are masked or cut. The
/// caller disposes it. Holds the records of one batch at a time.
/// </summary>
public sealed class BronzeEvents(Pipeline pipeline, IStateStore state, IObjectStore objects) : IDisposable
{
    private readonly CommittedBatches _batches = new(state, pipeline.Settings.Stream);
    private readonly ShardMemory _memory = pipeline.NewShard(seed: 0);
    private readonly Dictionary<string, List<Range>> _ranges = new(StringComparer.Ordinal);
    private readonly BronzeReader _bronze = new(objects, pipeline.Settings.Stream);
    private (string Shard, long Generation) _openBatch;
    private MicroBatch? _open;

    public void Dispose() => _memory.Dispose();

    /// <summary>Whether a committed batch of the shard holds the record.</summary>
    public async ValueTask<bool> IsCommitted(string shard, SequenceNumber sequence, CancellationToken cancellation) =>
        await FindRecord(shard, sequence, cancellation) is not null;

    /// <summary>Null when bronze does not have it: the file is gone or damaged, or the record no longer holds that many events.</summary>
    /// <param name="shard">As in <c>_shard</c>.</param>
    /// <param name="eventSequence">As in <c>_sequence</c>: the record's number, and <c>:n</c> behind it for the n-th of several events.</param>
    /// <param name="cancellation">Stops between reads.</param>
    public async ValueTask<ReadOnlyMemory<byte>?> Find(string shard, string eventSequence, CancellationToken cancellation)
    {
        var colon = eventSequence.IndexOf(':', StringComparison.Ordinal);
        var sequence = SequenceNumber.Parse(colon < 0 ? eventSequence : eventSequence[..colon]);
        if (await FindRecord(shard, sequence, cancellation) is not { } record)
        {
            return null;
        }

        return colon < 0 ? record.Data : Event(record, int.Parse(eventSequence[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    private ReadOnlyMemory<byte>? Event(StreamRecord record, int index)
    {
        var rejections = new List<Rejection>();
        using var decoded = _memory.Decoder.Decode(new MicroBatch("", [record]), 0, rejections);
        foreach (var origin in decoded.Origins.ToArray().Concat(rejections.Select(rejection => rejection.Origin)))
        {
            if (origin.Event == index)
            {
                // The batch's memory is given back with it.
                return origin.Raw.ToArray();
            }
        }

        return null;
    }

    private async ValueTask<StreamRecord?> FindRecord(string shard, SequenceNumber sequence, CancellationToken cancellation)
    {
        if (!_ranges.TryGetValue(shard, out var ranges))
        {
            ranges = [];
            await foreach (var batch in _batches.Of(shard, after: 0, cancellation))
            {
                if (batch is { FirstSequence: { } first, LastSequence: { } last, Bronze: not null })
                {
                    ranges.Add(new Range(SequenceNumber.Parse(first), SequenceNumber.Parse(last), batch));
                }
            }

            _ranges.Add(shard, ranges);
        }

        var holder = ranges.Find(range => range.First <= sequence && sequence <= range.Last);
        if (holder.Batch is null || await Open(shard, holder.Batch, cancellation) is not { } file)
        {
            return null;
        }

        var found = file.Records.Where(record => record.Sequence == sequence).Take(1).ToList();
        return found.Count == 0 ? null : found[0];
    }

    private async ValueTask<MicroBatch?> Open(string shard, BatchItem item, CancellationToken cancellation)
    {
        if (_openBatch != (shard, item.Generation))
        {
            (_openBatch, _open) = ((shard, item.Generation), null);
            try
            {
                _open = (await _bronze.Read(shard, item, cancellation))?.Batch;
            }
            catch (InvalidDataException)
            {
                // Its records are reported as not to be had; `verify` says what is wrong with the file.
            }
        }

        return _open;
    }

    private readonly record struct Range(SequenceNumber First, SequenceNumber Last, BatchItem? Batch);
}
