using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// Tells records that an earlier commit holds from such as come too late. A shard's fence is one sequence number: it takes all at or below it for replays. That is right for a
/// stream, which is read in order, and wrong for files that somebody puts in one by one: there, what is below the fence is a replay only if a batch holds it, by the range of its
/// sequence numbers. Batch items are never deleted, so they tell of all that was ever committed. Owner: the run; not thread-safe.
/// </summary>
internal sealed class CommittedRanges(IStateStore state, string stream)
{
    private readonly CommittedBatches _batches = new(state, stream);
    private readonly Dictionary<string, ShardRanges> _shards = new(StringComparer.Ordinal);

    /// <summary>Costs a read of the shard's head where nothing is at or below it; else the batch items are read, once each.</summary>
    /// <param name="file">Name, for the message.</param>
    /// <param name="batch">What it has of a shard.</param>
    /// <param name="cancellation">Stops between reads.</param>
    /// <exception cref="InputRefusedException">Records are at or below the head that no batch holds.</exception>
    public async ValueTask RefuseSkipped(string file, MicroBatch batch, CancellationToken cancellation)
    {
        if (await _batches.Head(batch.Shard, cancellation) is not { LastSequence: { } text } || SequenceNumber.Parse(text) is var last && batch.Records[0].Sequence > last)
        {
            return;
        }

        if (!_shards.TryGetValue(batch.Shard, out var ranges))
        {
            _shards.Add(batch.Shard, ranges = new ShardRanges());
        }

        await foreach (var item in _batches.Of(batch.Shard, ranges.Generation, cancellation))
        {
            ranges.Add(item);
        }

        var skipped = ranges.Skipped(batch, last);
        if (skipped.Count > 0)
        {
            throw new InputRefusedException(
                $"{file}: {skipped.Count} of its {batch.Records.Count} records of shard {batch.Shard}, from sequence number {skipped.First} on, were never committed, and records behind them were, up to {last}: "
                + "a shard's records are committed in ascending order only, so nothing of this file was run; put such events in with redrive --from FILE, or run all files in one folder into another lake");
        }
    }

    /// <summary>What of one shard is committed, ascending.</summary>
    private sealed class ShardRanges
    {
        private readonly List<(SequenceNumber First, SequenceNumber Last)> _ranges = [];

        /// <summary>Up to which it is known.</summary>
        public long Generation { get; private set; }

        public void Add(BatchItem item)
        {
            Generation = item.Generation;
            if (item is { FirstSequence: { } first, LastSequence: { } last })
            {
                _ranges.Add((SequenceNumber.Parse(first), SequenceNumber.Parse(last)));
            }
        }

        /// <summary>Records up to <paramref name="last"/> that no range has.</summary>
        public (int Count, SequenceNumber First) Skipped(MicroBatch batch, SequenceNumber last)
        {
            var skipped = (Count: 0, First: default(SequenceNumber));
            var at = FirstEndingFrom(batch.Records[0].Sequence);
            for (var i = 0; i < batch.Records.Count && batch.Records[i].Sequence is var sequence && sequence <= last; i++)
            {
                while (at < _ranges.Count && _ranges[at].Last < sequence)
                {
                    at++;
                }

                if (at == _ranges.Count || sequence < _ranges[at].First)
                {
                    skipped = (skipped.Count + 1, skipped.Count == 0 ? sequence : skipped.First);
                }
            }

            return skipped;
        }

        private int FirstEndingFrom(SequenceNumber sequence)
        {
            var (from, to) = (0, _ranges.Count);
            while (from < to)
            {
                var middle = (from + to) / 2;
                (from, to) = _ranges[middle].Last < sequence ? (middle + 1, to) : (from, middle);
            }

            return from;
        }
    }
}
