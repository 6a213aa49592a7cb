using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Windows;

/// <summary>What the stored windows of a metric depend on, as pipeline.yaml says it.</summary>
/// <param name="Name">Of the metric.</param>
/// <param name="Signature"><see cref="Metric.Signature"/>, hexadecimal.</param>
/// <param name="Window">Such as <c>{ tumbling: 1h }</c>.</param>
/// <param name="GroupBy">Such as <c>[origin]</c>.</param>
/// <param name="Measures">Without the names of their columns, such as <c>count(), avg(delay)</c>.</param>
public sealed record MetricForm(string Name, string Signature, string Window, string GroupBy, string Measures)
{
    /// <summary>Of each metric of the pipeline.</summary>
    internal static IReadOnlyList<MetricForm> Of(Pipeline pipeline) =>
        [.. pipeline.Metrics.Metrics.Zip(pipeline.Settings.Metrics, (bound, settings) => new MetricForm(
            bound.Name,
            Hex(bound.Signature),
            settings.Every == settings.Size
                ? $"{{ tumbling: {Quantity.Text(settings.Size)} }}"
                : $"{{ hopping: {Quantity.Text(settings.Size)}, every: {Quantity.Text(settings.Every)} }}",
            $"[{string.Join(", ", settings.GroupBy)}]",
            string.Join(", ", settings.Measures.Select(measure => $"{measure.Function}({measure.Argument})").Distinct())))];

    internal static string Hex(UInt128 signature) => signature.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What of the form is another than before, for a person.</summary>
    internal string ChangesFrom(MetricForm before)
    {
        (string Setting, string Before, string Now)[] settings =
        [
            ("window", before.Window, Window),
            ("groupBy", before.GroupBy, GroupBy),
            ("measures", before.Measures, Measures),
        ];
        var changes = settings.Where(setting => setting.Before != setting.Now).Select(setting => $"{setting.Setting} was {setting.Before} and is {setting.Now}").ToList();
        return changes.Count == 0 ? "a column that it reads has another type" : string.Join("; ", changes);
    }
}
