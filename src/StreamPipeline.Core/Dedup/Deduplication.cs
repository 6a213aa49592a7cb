using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// Keeps the first copy of each event. A copy is recognised while the first one's horizon, counted from its arrival, has not passed.
/// </summary>
internal static class Deduplication
{
    /// <summary>The keys of the rows; none when the pipeline does not deduplicate.</summary>
    public static KeyedRows KeysOf(KeyFingerprints? keys, SeenHorizon? horizon, EventBatch events, ShardMemory shard)
    {
        if (keys is null || horizon is null)
        {
            return KeyedRows.None;
        }

        var fingerprints = shard.Fingerprints(events.Count);
        keys.Compute(events.Columns, shard.Seed, fingerprints.Span);
        var arrivalsUs = new long[events.Count];
        for (var row = 0; row < arrivalsUs.Length; row++)
        {
            arrivalsUs[row] = events.RecordOf(row).ArrivalTimeUs;
        }

        return new KeyedRows(fingerprints, arrivalsUs, horizon);
    }

    /// <summary>Remembers the keys it lets pass, in the shard's memory and in <paramref name="newKeys"/> for the commit.</summary>
    /// <returns>The rows that are first copies, ascending; null when all are.</returns>
    public static int[]? FirstCopies(KeyedRows keys, ShardMemory shard, NewKeys newKeys)
    {
        var fingerprints = keys.Fingerprints.Span;
        newKeys.Reserve(fingerprints.Length);
        var kept = new List<int>(fingerprints.Length);
        for (var row = 0; row < fingerprints.Length; row++)
        {
            var expiresAtUs = keys.ExpiresAtUs(row);
            if (shard.Seen.Add(fingerprints[row], keys.ArrivalsUs[row], expiresAtUs))
            {
                newKeys.Add(fingerprints[row], expiresAtUs);
                kept.Add(row);
            }
        }

        return kept.Count == fingerprints.Length ? null : [.. kept];
    }
}
