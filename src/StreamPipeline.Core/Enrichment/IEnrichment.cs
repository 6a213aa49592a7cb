using Apache.Arrow;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Enrichment;

/// <summary>A step of <c>enrich</c>, bound to its columns.</summary>
internal interface IEnrichment
{
    Schema Output { get; }

    /// <summary>The arrays of <paramref name="rows"/> pass into the result or are disposed; its shell is not used again.</summary>
    /// <param name="rows">Of the step's input.</param>
    /// <param name="counts">Of the batch.</param>
    /// <param name="memory">Where memory comes from, and whose it then is; null: the garbage collector's.</param>
    RecordBatch Apply(RecordBatch rows, EnrichCounts counts, ColumnBuffers? memory);
}
