namespace StreamPipeline.Core.Dedup;

/// <summary>The keys of the rows that reached dedupe, in sequence order.</summary>
/// <param name="Fingerprints">A buffer of the shard's memory: valid until its next batch.</param>
/// <param name="ArrivalsUs">One per row, microseconds since the epoch.</param>
/// <param name="Horizon">Until when a key is remembered.</param>
internal sealed record KeyedRows(ReadOnlyMemory<UInt128> Fingerprints, long[] ArrivalsUs, SeenHorizon? Horizon)
{
    /// <summary>Of a pipeline that does not deduplicate.</summary>
    public static readonly KeyedRows None = new(ReadOnlyMemory<UInt128>.Empty, [], null);

    public int Count => ArrivalsUs.Length;

    public long ExpiresAtUs(int row) => Horizon!.ExpiresAtUs(ArrivalsUs[row]);
}
