namespace StreamPipeline.Core.Dedup;

/// <summary>The keys of the rows that reached dedupe, in sequence order. Its memory is the batch's.</summary>
/// <param name="Fingerprints">One per row.</param>
/// <param name="Arrivals">When the rows arrived, microseconds since the epoch; may be longer.</param>
/// <param name="Horizon">Until when a key is remembered.</param>
internal sealed record KeyedRows(Memory<UInt128> Fingerprints, ReadOnlyMemory<byte> Arrivals, SeenHorizon? Horizon)
{
    /// <summary>Of a pipeline that does not deduplicate.</summary>
    public static readonly KeyedRows None = new(Memory<UInt128>.Empty, ReadOnlyMemory<byte>.Empty, null);

    public int Count => Fingerprints.Length;

    /// <summary>One per row.</summary>
    public ReadOnlySpan<long> ArrivalsUs => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(Arrivals.Span)[..Count];

    public long ExpiresAtUs(int row) => Horizon!.ExpiresAtUs(ArrivalsUs[row]);
}
