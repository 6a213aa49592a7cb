using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Tests.Windows;

/// <summary>Metrics without a pipeline.yaml.</summary>
internal static class TestMetrics
{
    public static readonly MeasureSettings[] EveryMeasure =
    [
        new("rows", "count", null, null),
        new("delays", "count", "delay", null),
        new("delay_sum", "sum", "delay", null),
        new("delay_avg", "avg", "delay", null),
        new("delay_stddev", "stddev", "delay", null),
        new("price_sum", "sum", "price", null),
        new("price_avg", "avg", "price", null),
        new("price_stddev", "stddev", "price", null),
        new("price_min", "min", "price", null),
        new("price_max", "max", "price", null),
        new("delay_min", "min", "delay", null),
        new("day_max", "max", "day", null),
        new("seen_min", "min", "seen", null),
        new("origin_min", "min", "origin", null),
        new("origin_max", "max", "origin", null),
        new("cities", "distinct", "user.city", null),
        new("prices", "distinct", "price", null),
        new("days", "distinct", "day", null),
        new("vips", "distinct", "vip", null),
        new("delay_p50", "quantile", "delay", 0.5),
        new("delay_p95", "quantile", "delay", 0.95),
        new("price_p10", "quantile", "price", 0.1),
    ];

    public static MetricSettings Metric(string name, long sizeUs, long everyUs, string[] groupBy, params MeasureSettings[] measures) =>
        new(name, TimeSpan.FromMicroseconds(sizeUs), TimeSpan.FromMicroseconds(everyUs), groupBy, measures);

    public static PipelineSettings Settings(long latenessUs, params MetricSettings[] metrics) => new()
    {
        Name = "p",
        Stream = "s",
        ContractFile = "s.schema.json",
        EventTime = new EventTimeSettings("t", TimeSpan.FromMicroseconds(latenessUs), TimeSpan.FromHours(1), null),
        Metrics = metrics,
        Source = new SourceMap("pipeline.yaml", new Dictionary<string, (int, int)>
        {
            ["metrics[0]"] = (10, 3),
            ["metrics[0].groupBy[1]"] = (12, 20),
            ["metrics[0].measures.m"] = (13, 5),
        }),
    };

    public static MetricSet Bind(long latenessUs, params MetricSettings[] metrics)
    {
        var problems = new ProblemList();
        var set = MetricSet.Bind(Settings(latenessUs, metrics), SilverRow.Schema, problems);
        Assert.Empty(problems.Items);
        return set!;
    }

    public static PaneLayer Layer(MetricSet metrics, IReadOnlyList<SilverRow> rows)
    {
        using var batch = SilverRow.Batch(rows);
        return metrics.Accumulate(batch, SilverRow.Times(rows), long.MinValue).Layer;
    }

    /// <summary>All bytes of a layer: equal layers give equal ones.</summary>
    public static string Bytes(PaneLayer layer, int partBytesMax = PaneLayer.PartBytesMax) =>
        string.Join('|', layer.Encode(partBytesMax).Select(Convert.ToHexString));
}
