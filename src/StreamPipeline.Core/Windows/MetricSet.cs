using Apache.Arrow;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Windows;

/// <summary>All metrics of a pipeline. Immutable: lanes may share one.</summary>
public sealed class MetricSet
{
    private readonly Metric[] _metrics;
    private readonly long _latenessUs;

    private MetricSet(Metric[] metrics, long latenessUs)
    {
        _metrics = metrics;
        _latenessUs = latenessUs;
        Empty = new PaneLayer(this, [.. metrics.Select(metric => new PaneTable(metric))]);
    }

    /// <summary>In the order of pipeline.yaml; their indexes are what <see cref="PaneLayer"/> speaks of.</summary>
    public IReadOnlyList<Metric> Metrics => _metrics;

    /// <summary>No panes: the start of merging.</summary>
    public PaneLayer Empty { get; }

    /// <summary>A record is late for a window when its end + this ≤ watermark. Microseconds.</summary>
    public long AllowedLatenessUs => _latenessUs;

    /// <summary>Checks the metrics against the silver columns. Null when that adds problems; a pipeline without metrics gives an empty set.</summary>
    /// <param name="settings">Where <c>metrics</c> and <c>eventTime.allowedLateness</c> come from.</param>
    /// <param name="silver">The contract's columns, enriched and system columns; batches must have the same schema.</param>
    /// <param name="problems">Gets every problem, each at its place in pipeline.yaml.</param>
    public static MetricSet? Bind(PipelineSettings settings, Schema silver, ProblemList problems)
    {
        var metrics = new List<Metric>();
        for (var i = 0; i < settings.Metrics.Count; i++)
        {
            var path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"metrics[{i}]");
            if (new MetricBinder(settings.Metrics[i], path, settings.Source, silver, problems).Bind() is { } metric)
            {
                metrics.Add(metric);
            }
        }

        return metrics.Count == settings.Metrics.Count
            ? new MetricSet([.. metrics], settings.EventTime.AllowedLateness.Ticks / TimeSpan.TicksPerMicrosecond)
            : null;
    }

    /// <summary>Rolls one batch of one shard into windows.</summary>
    /// <param name="rows">Silver rows in sequence order.</param>
    /// <param name="eventTimesUs">One per row, microseconds since the epoch; clamped to the years 1 to 9999.</param>
    /// <param name="watermarkUs">The greatest event time before this batch in its shard; <see cref="long.MinValue"/> at the start.</param>
    /// <exception cref="ArgumentException">The batch has another schema, or another number of event times.</exception>
    public WindowResult Accumulate(RecordBatch rows, ReadOnlySpan<long> eventTimesUs, long watermarkUs)
    {
        if (rows.Length != eventTimesUs.Length)
        {
            throw new ArgumentException($"{rows.Length} rows have {eventTimesUs.Length} event times", nameof(eventTimesUs));
        }

        var tables = new PaneTable[_metrics.Length];
        var latePerMetric = new long[_metrics.Length];
        using var memory = new ColumnBuffers();
        var late = memory.Rent<bool>(eventTimesUs.Length).AsSpan(0, eventTimesUs.Length);
        late.Clear();
        for (var i = 0; i < _metrics.Length; i++)
        {
            tables[i] = new PaneTable(_metrics[i]);
            var accumulator = new WindowAccumulator(tables[i], rows, _latenessUs, memory);
            latePerMetric[i] = accumulator.Add(eventTimesUs, watermarkUs, late);
        }

        foreach (var eventTimeUs in eventTimesUs)
        {
            watermarkUs = Math.Max(watermarkUs, WindowAccumulator.Clamp(eventTimeUs));
        }

        return new WindowResult(new PaneLayer(this, tables), watermarkUs, late.Count(true), latePerMetric);
    }

    /// <summary>What rows add to all their windows of one metric, late ones included: for recomputing windows that are closed.</summary>
    /// <param name="metric">One of <see cref="Metrics"/>; the layer holds nothing of the others.</param>
    /// <param name="rows">Silver rows in any order.</param>
    /// <param name="eventTimesUs">One per row, microseconds since the epoch.</param>
    internal PaneLayer Recompute(Metric metric, RecordBatch rows, ReadOnlySpan<long> eventTimesUs)
    {
        // No sum with a window's end overflows, and none is reached.
        const long NeverLateUs = long.MaxValue / 4;
        var tables = System.Array.ConvertAll(_metrics, other => new PaneTable(other));
        var table = tables[System.Array.IndexOf(_metrics, metric)];
        using var memory = new ColumnBuffers();
        new WindowAccumulator(table, rows, NeverLateUs, memory).Add(eventTimesUs, long.MinValue, new bool[eventTimesUs.Length]);
        return new PaneLayer(this, tables);
    }

    /// <summary>Reads one layer back from all its parts, in any order.</summary>
    /// <param name="parts">What <see cref="PaneLayer.Encode"/> gave.</param>
    /// <exception cref="InvalidDataException">A part is corrupt, or holds a group that another one holds too.</exception>
    /// <exception cref="MetricChangedException">A part was written for other metrics.</exception>
    public PaneLayer Decode(IReadOnlyList<byte[]> parts) => PaneLayerCodec.Decode(this, parts);

    /// <summary>The gold rows of the windows that <paramref name="windowSelector"/> picks, by window start and then group key, nulls first.</summary>
    /// <param name="metric">One of <see cref="Metrics"/>.</param>
    /// <param name="mergedPanes">All layers that hold contributions to those windows, merged.</param>
    /// <param name="windowSelector">Takes a window's start in microseconds since the epoch.</param>
    /// <returns>Rows of <see cref="Metric.GoldSchema"/>; the caller disposes them.</returns>
    public RecordBatch ToGold(Metric metric, PaneLayer mergedPanes, Func<long, bool> windowSelector) =>
        ToGold(metric, mergedPanes, windowSelector, out _);

    /// <summary>As the other, and counts the sums that are lost.</summary>
    /// <param name="metric">One of <see cref="Metrics"/>.</param>
    /// <param name="mergedPanes">All layers that hold contributions to those windows, merged.</param>
    /// <param name="windowSelector">Takes a window's start in microseconds since the epoch.</param>
    /// <param name="overflowedSums">How many sums lie beyond their column's type (int64 or double). They are null rather than wrong; avg stays right.</param>
    public RecordBatch ToGold(Metric metric, PaneLayer mergedPanes, Func<long, bool> windowSelector, out long overflowedSums)
    {
        var index = System.Array.IndexOf(_metrics, metric);
        if (index < 0 || mergedPanes.Metrics != this)
        {
            throw new ArgumentException($"metric '{metric.Name}' and the panes belong to another set of metrics", nameof(metric));
        }

        return new GoldRows(metric, mergedPanes.Table(index), windowSelector).Build(out overflowedSums);
    }
}
