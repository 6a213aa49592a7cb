using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// Keeps the first copy of each event. A copy is recognised while the first one's horizon, counted from its arrival, has not passed.
/// </summary>
internal static class Deduplication
{
    /// <summary>Remembers the keys it lets pass, in the shard's memory and in <paramref name="newKeys"/> for the commit.</summary>
    /// <returns>The rows that are first copies, ascending; null when all are.</returns>
    public static int[]? FirstCopies(
        KeyFingerprints? keys, SeenHorizon? horizon, EventBatch events, ShardMemory shard, NewKeys newKeys)
    {
        if (keys is null || horizon is null || events.Count == 0)
        {
            return null;
        }

        var fingerprints = shard.Fingerprints(events.Count);
        keys.Compute(events.Columns, shard.Seed, fingerprints);
        newKeys.Reserve(events.Count);
        var kept = new List<int>(events.Count);
        for (var row = 0; row < events.Count; row++)
        {
            var arrivalUs = events.RecordOf(row).ArrivalTimeUs;
            var expiresAtUs = horizon.ExpiresAtUs(arrivalUs);
            if (shard.Seen.Add(fingerprints[row], arrivalUs, expiresAtUs))
            {
                newKeys.Add(fingerprints[row], expiresAtUs);
                kept.Add(row);
            }
        }

        return kept.Count == events.Count ? null : [.. kept];
    }
}
