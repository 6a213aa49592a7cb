using Apache.Arrow;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Commit;

/// <summary>What reconciling a day did to one metric.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Windows">Windows of the day that are closed for good and were recomputed.</param>
/// <param name="Changed">Of these, how many had other rows in gold and were replaced.</param>
/// <param name="Open">Windows of the day that gold has and that may still change by themselves: left as they are.</param>
/// <param name="Rows">Gold rows written.</param>
public readonly record struct ReconcileReport(string Metric, int Windows, int Changed, int Open, long Rows);

/// <summary>
/// Folds late records into gold: recomputes the windows that start on a day from silver and swaps in those that differ, all in one table version.
/// Only windows that the roll head says are closed for good are touched. The roll never writes those again, so what is folded in stays; a roll that
/// was under way meanwhile opened the table before it read the roll head, and loses its commit. Windows that the end of a finite run put into gold
/// and that the watermark has not passed are open in this sense: the next roll writes them from panes. They lack no record either, since a record is
/// late for a window only once its shard's watermark has passed it; with several shards such a record waits until the others have, too.
/// </summary>
public sealed class Reconcile(
    Pipeline pipeline,
    IStateStore state,
    IObjectStore objects,
    StreamCatalog catalog,
    Fold fold,
    LakeTable silver,
    IReadOnlyDictionary<string, GoldTable> gold)
{
    private const int AttemptsMax = 20;
    private const long DayUs = 86_400_000_000;

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly CommittedBatches _batches = new(state, pipeline.Settings.Stream);

    /// <param name="day">Days since 1970-01-01, UTC, years 1 to 9999.</param>
    /// <param name="metric">Null: all.</param>
    /// <param name="cancellation">A metric is done or untouched.</param>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    /// <exception cref="InvalidDataException">A file of silver or gold is missing, damaged, or lacks a column that the metric reads.</exception>
    /// <exception cref="IOException">Other processes changed gold again and again.</exception>
    public async Task<IReadOnlyList<ReconcileReport>> Run(int day, string? metric, CancellationToken cancellation)
    {
        var chosen = pipeline.Metrics.Metrics.Where(m => metric is null || m.Name == metric).ToList();
        if (metric is not null && chosen.Count == 0)
        {
            throw new ArgumentException(
                $"there is no metric '{metric}'; pipeline.yaml has {string.Join(", ", pipeline.Metrics.Metrics.Select(m => m.Name))}", nameof(metric));
        }

        var reports = new List<ReconcileReport>();
        foreach (var one in chosen)
        {
            reports.Add(await Run(one, day, cancellation));
        }

        return reports;
    }

    private async Task<ReconcileReport> Run(Metric metric, int day, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (await TryRun(metric, day, cancellation) is { } report)
            {
                return report;
            }
        }

        throw new IOException($"table '{gold[metric.Name].Table.Path}' was changed by other processes {AttemptsMax} times while day {ReconciledDay.DayText(day)} was reconciled; try again when no run is active");
    }

    /// <summary>Null when another process changed the table.</summary>
    private async Task<ReconcileReport?> TryRun(Metric metric, int day, CancellationToken cancellation)
    {
        var table = gold[metric.Name];
        var basis = await table.Table.Open(cancellation);
        var closedUs = (await RollHead.Read(state, _stream, cancellation) ?? RollHead.None).ClosedThroughUs;

        // Every record on time for a window closed by now is in a batch up to these generations, and must be in the files below.
        var generations = (await StreamHeads.Read(catalog, _batches, cancellation)).Generations();
        var files = await FoldAll(generations, cancellation);

        bool IsWanted(long startUs) =>
            CivilDay.Of(startUs) == day && PaneLayers.IsClosed(startUs + metric.SizeUs, pipeline.Metrics.AllowedLatenessUs, closedUs);

        if (await Present(table, basis, day, cancellation) is not { } present
            || await Recompute(metric, files, day, IsWanted, cancellation) is not { } panes)
        {
            return null;
        }

        var open = present.Keys.Count(start => !IsWanted(start));
        using var rows = pipeline.Metrics.ToGold(metric, panes, IsWanted);
        var computed = RowsByWindow(rows);
        var windows = computed.Keys.Union(present.Keys.Where(IsWanted)).ToList();
        var changed = windows.Where(start => !Same(start, rows, computed, present)).ToHashSet();
        if (changed.Count == 0)
        {
            return new ReconcileReport(metric.Name, windows.Count, 0, open, 0);
        }

        using var replacing = pipeline.Metrics.ToGold(metric, panes, changed.Contains);
        // What the files hold, not what was asked of them: a batch that was folded meanwhile is in the rows as well.
        var properties = new Dictionary<string, string> { [ReconciledDay.PropertyName(day)] = new ReconciledDay(closedUs, files.Folded).ToJson() };
        return await table.ReplaceWindows(basis, replacing, changed, properties, cancellation) is null
            ? null
            : new ReconcileReport(metric.Name, windows.Count, changed.Count, open, replacing.Length);
    }

    private async Task<TableSnapshot> FoldAll(Dictionary<string, long> generations, CancellationToken cancellation)
    {
        var folded = (await silver.Load(cancellation)).Folded;
        await fold.Run(_batches.Unfolded(await catalog.Shards(cancellation), folded, cancellation), cancellation);
        var files = await silver.Open(cancellation);
        foreach (var (shard, generation) in generations)
        {
            if (files.Folded.GetValueOrDefault(shard) < generation)
            {
                throw new InvalidDataException(
                    $"table '{silver.Path}' holds shard {shard} up to generation {files.Folded.GetValueOrDefault(shard)} after a fold, but {generation} are committed; `verify` tells what is lost");
            }
        }

        return files;
    }

    /// <summary>One file of silver at a time is in memory, beside the day's panes. Null when the table has moved on from these files.</summary>
    private async Task<PaneLayer?> Recompute(Metric metric, TableSnapshot files, int day, Func<long, bool> isWanted, CancellationToken cancellation)
    {
        // The windows of the day reach from its start to the size of the last one beyond its end.
        var fromUs = day * DayUs;
        var toUs = fromUs + DayUs + metric.SizeUs;
        var panes = pipeline.Metrics.Empty;
        foreach (var file in files.Files.Where(file => file.MaxTimeUs >= fromUs && file.MinTimeUs < toUs))
        {
            if (await objects.Get(file.Path, cancellation) is not { } content)
            {
                return (await silver.Load(cancellation)).Version > files.Version
                    ? null
                    : throw new InvalidDataException($"file '{file.Path}' of table '{silver.Path}' is missing; `verify` tells what is lost");
            }

            using var read = await ParquetTableFile.Read(content, cancellation);
            var layer = RecomputeFile(metric, file, read);
            panes = PaneLayer.Merge([panes, layer.Without((_, start) => !isWanted(start))]);
        }

        return panes;
    }

    private PaneLayer RecomputeFile(Metric metric, TableFile file, RecordBatch read)
    {
        try
        {
            return pipeline.Metrics.Recompute(metric, pipeline.Silver.Conform(read), PartitionWriter.TimesOf(read, Fold.SilverTimeColumn));
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException(
                $"file '{file.Path}' was written by an older contract and cannot give metric '{metric.Name}' what it reads: {error.Message}", error);
        }
    }

    /// <summary>
    /// The rows that gold has of the day's windows. A window whose rows lie in two files is given without them: it will be replaced. Null when the
    /// table has moved on.
    /// </summary>
    private static async Task<Dictionary<long, (RecordBatch? Rows, List<int> Of)>?> Present(
        GoldTable table, TableSnapshot basis, int day, CancellationToken cancellation)
    {
        var present = new Dictionary<long, (RecordBatch? Rows, List<int> Of)>();
        foreach (var file in basis.Files.Where(file => file.Day == day))
        {
            if (await table.ReadFile(basis, file, cancellation) is not { } rows)
            {
                return null;
            }

            foreach (var (start, of) in RowsByWindow(rows))
            {
                present[start] = present.ContainsKey(start) ? (null, of) : (rows, of);
            }
        }

        return present;
    }

    private static Dictionary<long, List<int>> RowsByWindow(RecordBatch rows)
    {
        var windows = new Dictionary<long, List<int>>();
        var starts = PartitionWriter.TimesOf(rows, GoldTable.WindowStartColumn);
        for (var row = 0; row < starts.Length; row++)
        {
            if (!windows.TryGetValue(starts[row], out var of))
            {
                windows.Add(starts[row], of = []);
            }

            of.Add(row);
        }

        return windows;
    }

    private static bool Same(
        long start, RecordBatch rows, Dictionary<long, List<int>> computed, Dictionary<long, (RecordBatch? Rows, List<int> Of)> present) =>
        computed.TryGetValue(start, out var now)
        && present.TryGetValue(start, out var before)
        && before.Rows is { } old
        && RowEquality.Same(
            old,
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(before.Of),
            rows,
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(now));
}
