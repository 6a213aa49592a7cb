using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Running;

/// <summary>The tables of one stream of a lake, and what writes them.</summary>
internal sealed class StreamTables
{
    /// <summary>Arrow bytes that a fold holds: its peak memory is about three times this.</summary>
    private const long FoldArrowBytes = 32 << 20;

    public StreamTables(Pipeline pipeline, OpenLake lake)
    {
        var stream = pipeline.Settings.Stream;
        Catalog = new StreamCatalog(lake.State, stream, lake.Attempts);
        Batches = new CommittedBatches(lake.State, stream);
        Silver = new LakeTable(lake.Objects, $"silver/{stream}");
        Quarantine = new LakeTable(lake.Objects, $"quarantine/{stream}");
        Gold = pipeline.Metrics.Metrics.ToDictionary(
            metric => metric.Name,
            metric => new GoldTable(lake.Objects, new LakeTable(lake.Objects, $"gold/{metric.Name}"), lake.Attempts),
            StringComparer.Ordinal);
        Fold = new Fold(lake.Objects, Silver, Quarantine, lake.Attempts, FoldArrowBytes);
    }

    public StreamCatalog Catalog { get; }

    public CommittedBatches Batches { get; }

    public LakeTable Silver { get; }

    public LakeTable Quarantine { get; }

    /// <summary>By metric.</summary>
    public IReadOnlyDictionary<string, GoldTable> Gold { get; }

    public Fold Fold { get; }
}
