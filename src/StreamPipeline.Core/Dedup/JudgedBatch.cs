using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Quality;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// A micro-batch between the two halves of <see cref="Pipeline"/>: decoded and judged, its keys known, nothing deduplicated yet. It owns the memory
/// of its columns, keys and times, and of what the second half makes of them. Owner: who began it.
/// </summary>
internal sealed record JudgedBatch(
    MicroBatch Batch, int FirstRecord, DecodedBatch Decoded, EventBatch Events, List<Rejection> Rejections, QualityVerdict Quality, KeyedRows Keys) : IDisposable
{
    /// <summary>A second time it does nothing.</summary>
    public void Dispose()
    {
        Events.Buffers.Dispose();
        Decoded.Dispose();
    }
}
