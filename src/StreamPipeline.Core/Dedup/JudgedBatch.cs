using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Quality;

namespace StreamPipeline.Core.Dedup;

/// <summary>A micro-batch between the two halves of <see cref="Pipeline"/>: decoded and judged, its keys known, nothing deduplicated yet.</summary>
internal sealed record JudgedBatch(
    MicroBatch Batch, int FirstRecord, DecodedBatch Decoded, EventBatch Events, List<Rejection> Rejections, QualityVerdict Quality, KeyedRows Keys);
