namespace StreamPipeline.Core.Configuration;

/// <summary>Reads <c>metrics</c>.</summary>
internal static class MetricReader
{
    /// <summary>Most windows that one record may belong to.</summary>
    public const int WindowsPerRecordMax = 1_000;

    private const int MetricsMax = 64;
    private const int GroupByMax = 16;
    private const int MeasuresMax = 64;
    private const string Example = "- { name: flights_by_origin, window: { tumbling: 1h }, groupBy: [origin], measures: { flights: count() } }";

    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(1);

    public static IReadOnlyList<MetricSettings> Read(SettingsReader reader, Section top)
    {
        var nodes = reader.Items(top.Child("metrics"), "metrics", MetricsMax, "metrics: [ … ]");
        var metrics = new List<MetricSettings>(nodes.Count);
        // Case does not tell tables apart in SQL, nor folders apart on some file systems.
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < nodes.Count; i++)
        {
            var path = $"metrics[{i}]";
            reader.Remember(path, nodes[i]);
            if (reader.OpenSection(nodes[i], path, Example, "name", "window", "groupBy", "measures") is not { } section)
            {
                continue;
            }

            var name = section.Name("name", required: true, "name: flights_by_origin");
            if (name is not null && !names.Add(name))
            {
                reader.Problem(section.Child("name")!, $"{path}.name: '{name}' names a metric a second time", "give each metric a name of its own; case does not tell them apart");
            }

            var window = Window(reader, section, path);
            var groupBy = section.Fields("groupBy", GroupByMax);
            var measures = Measures(reader, section, path, groupBy);
            if (name is not null && window is { } w)
            {
                metrics.Add(new MetricSettings(name, w.Size, w.Every, groupBy, measures));
            }
        }

        return metrics;
    }

    private static (TimeSpan Size, TimeSpan Every)? Window(SettingsReader reader, Section metric, string path)
    {
        const string WindowExample = "window: { tumbling: 1h }";
        if (metric.Required("window", WindowExample) is not { } node
            || reader.OpenSection(node, $"{path}.window", WindowExample, "tumbling", "hopping", "every") is not { } section)
        {
            return null;
        }

        var tumbling = section.Child("tumbling");
        var hopping = section.Child("hopping");
        if ((tumbling is null) == (hopping is null))
        {
            reader.Problem(node, $"{path}.window must hold one of tumbling and hopping", "write `{ tumbling: 1h }` or `{ hopping: 1h, every: 5m }`");
            return null;
        }

        if (tumbling is not null)
        {
            if (section.Child("every") is { } stray)
            {
                reader.Problem(stray, $"{path}.window.every is for hopping windows", "remove it, or write `{ hopping: 1h, every: 5m }`");
            }

            return section.RequiredDuration("tumbling", ShortestWindow, PipelineFile.LongestDuration, "tumbling: 1h") is { } length
                ? (length, length)
                : null;
        }

        var size = section.RequiredDuration("hopping", ShortestWindow, PipelineFile.LongestDuration, "hopping: 1h");
        var every = section.RequiredDuration("every", TimeSpan.FromMilliseconds(1), PipelineFile.LongestDuration, "every: 5m");
        if (size is not { } s || every is not { } e)
        {
            return null;
        }

        if (e > s)
        {
            reader.Problem(section.Child("every")!, $"{path}.window.every is {Quantity.Format(e)}, longer than the window, {Quantity.Format(s)}: events between two windows would be lost", "set every to at most the window's length");
            return null;
        }

        if (s.Ticks > e.Ticks * WindowsPerRecordMax)
        {
            reader.Problem(section.Child("every")!, $"{path}.window: each record would belong to {Math.Ceiling((double)s.Ticks / e.Ticks):N0} windows, at most {WindowsPerRecordMax:N0} are allowed", "raise every, or shorten the window");
            return null;
        }

        return (s, e);
    }

    private static List<MeasureSettings> Measures(SettingsReader reader, Section metric, string path, IReadOnlyList<string> groupBy)
    {
        var measures = new List<MeasureSettings>();
        if (metric.Required("measures", "measures: { events: count() }") is not { } node)
        {
            return measures;
        }

        if (node is MapNode { IsFlow: true } flow)
        {
            node = MeasureExpression.Rejoin(flow);
        }

        if (metric.With("measures", node).TextMap("measures", MeasuresMax, "measures: { events: count() }") is not { } entries)
        {
            return measures;
        }

        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "window_start", "window_end" };
        foreach (var field in groupBy)
        {
            // A nested field's gold column has underscores for its dots.
            taken.Add(field.Replace('.', '_'));
        }

        foreach (var (column, expression) in entries)
        {
            var at = $"{path}.measures.{column.Text}";
            if (metric.CheckName(column, at, column.Text, dash: false) && !taken.Add(column.Text))
            {
                reader.Problem(column, $"{at}: the gold table already has a column '{column.Text}'", "window_start, window_end, the groupBy fields and the measures need different names; case does not tell them apart");
            }

            if (MeasureExpression.Parse(reader, expression, at, column.Text) is { } measure)
            {
                measures.Add(measure);
            }
        }

        return measures;
    }
}
