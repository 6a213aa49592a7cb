using Apache.Arrow;

namespace StreamPipeline.Core.Enrichment;

/// <summary>A step of <c>enrich</c>, bound to its columns.</summary>
internal interface IEnrichment
{
    Schema Output { get; }

    /// <summary>The arrays of <paramref name="rows"/> pass into the result or are disposed; its shell is not used again.</summary>
    RecordBatch Apply(RecordBatch rows, EnrichCounts counts);
}
