using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Windows;

/// <summary>Checks one metric of pipeline.yaml against silver and compiles it, adding every problem it finds.</summary>
internal sealed class MetricBinder(MetricSettings settings, string path, SourceMap source, Schema silver, ProblemList problems)
{
    private const int GroupByMax = 16;
    private const int MeasuresMax = 64;
    private const int PanesPerRecordMax = 1000;

    private static readonly TimeSpan SizeMax = TimeSpan.FromDays(366);

    private readonly List<ColumnPath> _keys = [];
    private readonly List<Aggregate> _aggregates = [];
    private readonly List<Measure> _measures = [];
    private readonly List<Field> _gold =
    [
        new("window_start", UtcMicroseconds(), false),
        new("window_end", UtcMicroseconds(), false),
    ];

    /// <summary>Null when there was a problem.</summary>
    public Metric? Bind()
    {
        var before = problems.Items.Count;
        CheckWindow();
        BindKeys();
        BindMeasures();
        CheckStateSize();
        return problems.Items.Count > before
            ? null
            : new Metric(
                settings.Name, Microseconds(settings.Size), Microseconds(settings.Every),
                [.. _keys], [.. _aggregates], [.. _measures], new Schema(_gold, null));
    }

    private static TimestampType UtcMicroseconds() => new(TimeUnit.Microsecond, "UTC");

    private static long Microseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    private void CheckWindow()
    {
        if (Microseconds(settings.Size) < 1 || settings.Size > SizeMax)
        {
            Problem("window", $"metric '{settings.Name}': a window of {settings.Size:c} is out of range", $"use 1 ms to {SizeMax.Days} d");
        }
        else if (Microseconds(settings.Every) < 1 || settings.Every > settings.Size)
        {
            Problem(
                "window.every", $"metric '{settings.Name}': a window starts every {settings.Every:c}, but is {settings.Size:c} long",
                "use more than 0 and at most the window's length, so that every event falls into one");
        }
        else if ((Microseconds(settings.Size) - 1) / Microseconds(settings.Every) >= PanesPerRecordMax)
        {
            Problem(
                "window.every",
                $"metric '{settings.Name}': each event falls into {((Microseconds(settings.Size) - 1) / Microseconds(settings.Every)) + 1} "
                + $"windows, at most {PanesPerRecordMax} are allowed",
                $"use every: {TimeSpan.FromTicks((settings.Size.Ticks + PanesPerRecordMax - 1) / PanesPerRecordMax):c} or more");
        }
    }

    private void BindKeys()
    {
        if (settings.GroupBy.Count > GroupByMax)
        {
            Problem("groupBy", $"metric '{settings.Name}' groups by {settings.GroupBy.Count} columns, at most {GroupByMax} are allowed", "remove some");
        }

        for (var i = 0; i < settings.GroupBy.Count; i++)
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"groupBy[{i}]");
            var key = Find(settings.GroupBy[i], at);
            if (key is null)
            {
                continue;
            }

            if (key.Kind == ColumnKind.Number)
            {
                Problem(
                    at, $"metric '{settings.Name}' cannot group by '{key.Text}', a number: values that differ in their last digit are different groups",
                    "group by a string, integer, boolean, date or date-time");
                continue;
            }

            _keys.Add(key);
            AddGold(key.Text.Replace('.', '_'), key.Type, key.Nullable, at);
        }
    }

    private void BindMeasures()
    {
        if (settings.Measures.Count is 0 or > MeasuresMax)
        {
            Problem("measures", $"metric '{settings.Name}' has {settings.Measures.Count} measures, 1 to {MeasuresMax} are allowed", "for example: events: count()");
        }

        foreach (var measure in settings.Measures)
        {
            BindMeasure(measure, $"measures.{measure.Column}");
        }
    }

    private void BindMeasure(MeasureSettings measure, string at)
    {
        if (!Enum.TryParse<MeasureFunction>(measure.Function, ignoreCase: true, out var function)
            || !string.Equals(function.ToString(), measure.Function, StringComparison.OrdinalIgnoreCase))
        {
            var names = Enum.GetNames<MeasureFunction>();
            var near = NearestName.Of(measure.Function, names);
            Problem(
                at, $"'{measure.Function}' is not a measure",
                near is null ? $"use one of: {Lower(string.Join(", ", names))}" : $"did you mean '{Lower(near)}'?");
            return;
        }

        ColumnPath? argument = null;
        if (measure.Argument is not null)
        {
            argument = Find(measure.Argument, at);
            if (argument is null)
            {
                return;
            }
        }
        else if (function != MeasureFunction.Count)
        {
            Problem(at, $"'{measure.Function}()' names no column", $"write {measure.Function}(column)");
            return;
        }

        if (function == MeasureFunction.Quantile && measure.Quantile is not (> 0 and < 1))
        {
            Problem(at, $"the quantile {measure.Quantile?.ToString(CultureInfo.InvariantCulture) ?? "(none)"} is not between 0 and 1", "for example: quantile(delay, 0.95)");
            return;
        }

        if (Accepts(function) is { } accepted && !accepted.Contains(argument!.Kind))
        {
            Problem(
                at, $"{measure.Function}({argument.Text}) needs a column of type {string.Join(" or ", accepted.Select(kind => kind.Name()))}, "
                + $"but '{argument.Text}' is a {argument.Kind.Name()}",
                "use another column, or count or distinct");
            return;
        }

        var (kind, type, nullable) = Result(function, argument);
        _measures.Add(new Measure(measure.Column, function, Share(kind, argument), measure.Quantile ?? 0));
        AddGold(measure.Column, type, nullable, at);
    }

    private static ColumnKind[]? Accepts(MeasureFunction function) => function switch
    {
        MeasureFunction.Sum or MeasureFunction.Avg or MeasureFunction.Stddev or MeasureFunction.Quantile =>
            [ColumnKind.Integer, ColumnKind.Number],
        MeasureFunction.Min or MeasureFunction.Max =>
            [ColumnKind.Integer, ColumnKind.Number, ColumnKind.Timestamp, ColumnKind.Date, ColumnKind.Text],
        _ => null,
    };

    private static (AggregateKind Kind, IArrowType Type, bool Nullable) Result(MeasureFunction function, ColumnPath? argument) => function switch
    {
        MeasureFunction.Count => (AggregateKind.Count, Int64Type.Default, false),
        MeasureFunction.Sum => (AggregateKind.Sum, argument!.Type, true),
        MeasureFunction.Min => (AggregateKind.Min, argument!.Type, true),
        MeasureFunction.Max => (AggregateKind.Max, argument!.Type, true),
        MeasureFunction.Avg => (AggregateKind.Sum, DoubleType.Default, true),
        MeasureFunction.Stddev => (AggregateKind.Moments, DoubleType.Default, true),
        MeasureFunction.Distinct => (AggregateKind.Distinct, Int64Type.Default, false),
        _ => (AggregateKind.Quantile, DoubleType.Default, true),
    };

    /// <summary>avg and sum of a column, or two quantiles of it, are read from one state.</summary>
    private int Share(AggregateKind kind, ColumnPath? argument)
    {
        var index = _aggregates.FindIndex(aggregate => aggregate.Kind == kind && aggregate.Argument?.Text == argument?.Text);
        if (index < 0)
        {
            index = _aggregates.Count;
            _aggregates.Add(new Aggregate(kind, argument));
        }

        return index;
    }

    /// <summary>A group must fit one stored part, whatever its values are.</summary>
    private void CheckStateSize()
    {
        var bytes = GroupKeyCodec.BytesMax(_keys) + PaneLayerCodec.OverheadBytesMax;
        foreach (var aggregate in _aggregates)
        {
            bytes += aggregate.StateBytesMax;
        }

        if (bytes > PaneLayer.PartBytesMax)
        {
            Problem(
                "measures", $"metric '{settings.Name}': one group may need {bytes:N0} bytes of state, at most {PaneLayer.PartBytesMax:N0} are allowed",
                "use fewer distinct (16 KB each) and quantile (28 KB per column) measures, or move some to a second metric");
        }
    }

    private void AddGold(string name, IArrowType type, bool nullable, string at)
    {
        // Readers such as DuckDB and Athena fold case.
        if (_gold.Exists(field => string.Equals(field.Name, name, StringComparison.OrdinalIgnoreCase)))
        {
            Problem(at, $"metric '{settings.Name}' has two gold columns named '{name}'", "rename the measure, or remove one");
            return;
        }

        _gold.Add(new Field(name, type, nullable));
    }

    private ColumnPath? Find(string column, string at)
    {
        var found = ColumnPath.FindScalar(silver, column, out var message, out var fix);
        if (found is null)
        {
            Problem(at, $"metric '{settings.Name}': {message}", fix);
        }

        return found;
    }

    private void Problem(string at, string message, string fix) => problems.Add(source.At($"{path}.{at}"), message, fix);

    private static string Lower(string name) => name.ToLowerInvariant();
}
