using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// Keeps the first copy of each event. A copy is recognised while the first one's horizon, counted from its arrival, has not passed.
/// </summary>
internal static class Deduplication
{
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
        var arrivalsUs = keys.ArrivalsUs;
        var isCopy = events.Buffers.Rent<bool>(keys.Count).AsSpan(0, keys.Count);
        seen.Add(fingerprints, arrivalsUs, keys.Horizon, isCopy);

        var copies = events.Buffers.Rent<int>(keys.Count);
        var added = new NewKeys(keys.Fingerprints, events.Buffers);
        var copied = 0;
        for (var row = 0; row < fingerprints.Length;)
        {
            if (isCopy[row])
            {
                copies[copied++] = row++;
                continue;
            }

            var first = row++;
            var expiry = keys.Horizon.ExpiryOf(arrivalsUs[first]);
            while (row < fingerprints.Length && !isCopy[row] && expiry.IsOf(arrivalsUs[row]))
            {
                row++;
            }

            added.Add(fingerprints[first..row], expiry.ExpiresAtUs);
        }

        events.Drop(copies.AsSpan(0, copied));
        return added;
    }
}
