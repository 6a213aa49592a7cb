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
    public static KeyedRows KeysOf(KeyFingerprints? keys, SeenHorizon? horizon, EventBatch events, ulong seed)
    {
        if (keys is null || horizon is null)
        {
            return KeyedRows.None;
        }

        var fingerprints = events.Buffers.Rent<UInt128>(events.Count).AsMemory(0, events.Count);
        keys.Compute(events.DecodedColumns, events.DecodedRows, seed, fingerprints.Span);
        return new KeyedRows(fingerprints, events.Arrivals.Memory, horizon);
    }

    /// <summary>
    /// Leaves out the copies. Remembers the keys it lets pass in the set, and moves them together to the front of <paramref name="keys"/>, whose memory becomes
    /// that of the result.
    /// </summary>
    public static NewKeys DropCopies(KeyedRows keys, SeenSet seen, EventBatch events)
    {
        if (keys.Horizon is null)
        {
            return new NewKeys();
        }

        var fingerprints = keys.Fingerprints.Span;
        var arrivals = keys.ArrivalsUs;
        var copies = events.Buffers.Rent<int>(keys.Count);
        var added = new NewKeys(keys.Fingerprints);
        var (copied, bucketEndUs, bucketStartUs) = (0, long.MinValue, long.MaxValue);
        for (var row = 0; row < fingerprints.Length; row++)
        {
            if (row + FetchedAhead < fingerprints.Length)
            {
                seen.Prefetch(fingerprints[row + FetchedAhead]);
            }

            // Neighbours mostly arrive in one bucket of the horizon: what two ends of a range share, all between them do.
            var arrivalUs = arrivals[row];
            if (arrivalUs < bucketStartUs || arrivalUs > bucketEndUs)
            {
                added.ExpiresAtUs = keys.Horizon.ExpiresAtUs(arrivalUs);
                bucketStartUs = bucketEndUs = arrivalUs;
                if (row + 1 < arrivals.Length && arrivals[^1] > arrivalUs && keys.Horizon.ExpiresAtUs(arrivals[^1]) == added.ExpiresAtUs)
                {
                    bucketEndUs = arrivals[^1];
                }
            }

            if (seen.Add(fingerprints[row], arrivalUs, added.ExpiresAtUs))
            {
                added.Add(fingerprints[row]);
            }
            else
            {
                copies[copied++] = row;
            }
        }

        events.Drop(copies.AsSpan(0, copied));
        return added;
    }
}
