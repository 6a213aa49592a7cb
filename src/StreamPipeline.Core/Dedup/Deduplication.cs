using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// Keeps the first copy of each event. A copy is recognised while the first one's horizon, counted from its arrival, has not passed.
/// </summary>
internal static class Deduplication
{
    /// <summary>Keys whose place is being fetched while others are looked up: as many as a core has misses in flight.</summary>
    private const int FetchedAhead = 12;

    /// <summary>The keys of the rows; none when the pipeline does not deduplicate.</summary>
    public static KeyedRows KeysOf(KeyFingerprints? keys, SeenHorizon? horizon, EventBatch events, ShardMemory shard)
    {
        if (keys is null || horizon is null)
        {
            return KeyedRows.None;
        }

        var fingerprints = shard.Fingerprints(events.Count);
        keys.Compute(events.DecodedColumns, events.DecodedRows, shard.Seed, fingerprints.Span);
        return new KeyedRows(fingerprints, events.ArrivalsUs, horizon);
    }

    /// <summary>Remembers the keys it lets pass, in the shard's memory and in <paramref name="newKeys"/> for the commit.</summary>
    /// <returns>The rows that are first copies, ascending; null when all are.</returns>
    public static int[]? FirstCopies(KeyedRows keys, ShardMemory shard, NewKeys newKeys)
    {
        var fingerprints = keys.Fingerprints.Span;
        newKeys.Reserve(fingerprints.Length);
        var kept = new int[fingerprints.Length];
        var count = 0;
        for (var row = 0; row < fingerprints.Length; row++)
        {
            if (row + FetchedAhead < fingerprints.Length)
            {
                shard.Seen.Prefetch(fingerprints[row + FetchedAhead]);
            }

            var expiresAtUs = keys.ExpiresAtUs(row);
            if (shard.Seen.Add(fingerprints[row], keys.ArrivalsUs[row], expiresAtUs))
            {
                newKeys.Add(fingerprints[row], expiresAtUs);
                kept[count++] = row;
            }
        }

        return count == kept.Length ? null : kept[..count];
    }
}
