using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Verification;

/// <summary>A gold table as it was when the verification began.</summary>
/// <param name="Table">The table.</param>
/// <param name="Snapshot">Its newest version.</param>
/// <param name="Files">Those of its files that could be read.</param>
internal sealed record GoldSource(LakeTable Table, TableSnapshot Snapshot, IReadOnlyList<TableFile> Files);

/// <summary>
/// Recomputes gold from silver and compares it row by row. A window is compared once no record that is still to be replayed can reach it, so that only
/// the open ones are in memory, as in the pipeline itself; those of reconciled days stay until the end.
/// </summary>
/// <param name="pipeline">The metrics.</param>
/// <param name="sources">Per metric, in their order.</param>
/// <param name="roll">How far gold is final; null: nothing was rolled yet.</param>
/// <param name="files">Reads the gold files.</param>
/// <param name="tallies">Receives the differences.</param>
internal sealed class GoldCheck(Pipeline pipeline, IReadOnlyList<GoldSource> sources, RollHead? roll, TableFiles files, VerifyTallies tallies)
{
    private readonly IReadOnlyList<Metric> _metrics = pipeline.Metrics.Metrics;
    private readonly HashSet<long>[] _compared = [.. sources.Select(_ => new HashSet<long>())];
    private readonly List<PaneLayer> _fresh = [];
    private readonly List<PaneLayer> _freshAtRoll = [];
    private readonly List<PaneLayer> _freshReconciled = [];
    private readonly Dictionary<int, ReconciledDay>[] _days = [.. sources.Select(source => ReconciledDay.All(source.Snapshot))];
    private PaneLayer _all = pipeline.Metrics.Empty;

    // What the open windows held when they were last rolled: at the end of a finite input, before more came.
    private PaneLayer _atRoll = pipeline.Metrics.Empty;

    // Windows that were reconciled: with their late records.
    private PaneLayer _reconciled = pipeline.Metrics.Empty;

    /// <param name="layer">What the batch added to windows on time.</param>
    /// <param name="rows">Its silver rows.</param>
    /// <param name="shard">The batch's shard.</param>
    /// <param name="generation">The batch.</param>
    public void Add(PaneLayer layer, RecordBatch rows, string shard, long generation)
    {
        for (var i = 0; i < _days.Length; i++)
        {
            if (_days[i].Count > 0)
            {
                var all = pipeline.Metrics.Recompute(_metrics[i], rows, PartitionWriter.TimesOf(rows, Fold.SilverTimeColumn));
                _freshReconciled.Add(all.Without((metric, startUs) =>
                    Reconciled(metric, startUs) is not { } day || generation > day.Generations.GetValueOrDefault(shard)));
            }
        }

        layer = layer.Without((metric, startUs) => Reconciled(metric, startUs) is not null);
        _fresh.Add(layer);
        if (roll is not null && generation <= roll.Shards.GetValueOrDefault(shard))
        {
            _freshAtRoll.Add(layer.Without((metric, startUs) => IsFinal(metric, startUs)));
        }
    }

    /// <summary>Compares the windows that are complete once the shards have been replayed up to a watermark.</summary>
    /// <param name="watermarkUs">The least of all shards that are still being replayed; <see cref="long.MaxValue"/> after the last.</param>
    /// <param name="cancellation">Stops between files.</param>
    public async Task Compare(long watermarkUs, CancellationToken cancellation)
    {
        _all = PaneLayer.Merge([_all, .. _fresh]);
        _atRoll = PaneLayer.Merge([_atRoll, .. _freshAtRoll]);
        _reconciled = PaneLayer.Merge([_reconciled, .. _freshReconciled]);
        _freshReconciled.Clear();
        _fresh.Clear();
        _freshAtRoll.Clear();
        bool IsComplete(int metric, long startUs) =>
            PaneLayers.IsClosed(startUs + _metrics[metric].SizeUs, pipeline.Metrics.AllowedLatenessUs, watermarkUs);

        for (var i = 0; i < _metrics.Count; i++)
        {
            await Compare(i, _all, IsComplete, cancellation);
            if (watermarkUs == long.MaxValue)
            {
                await Compare(i, _reconciled, IsComplete, cancellation);
            }
        }

        _all = _all.Without(IsComplete);
        _atRoll = _atRoll.Without(IsComplete);
    }

    /// <summary>Looks for windows in gold that no silver row is in. After the last <see cref="Compare(long, CancellationToken)"/>.</summary>
    public async Task Finish(CancellationToken cancellation)
    {
        for (var i = 0; i < _metrics.Count; i++)
        {
            var known = _compared[i];
            var foreign = (await Found(i, startUs => !known.Contains(startUs), cancellation)).SelectMany(window => window.Value.Keys);
            foreach (var key in foreign)
            {
                tallies.Gold(_metrics[i].Name).Found++;
                tallies.Gold(_metrics[i].Name).Differ($"gold has {key}, and no row of silver is in that window");
            }
        }
    }

    private bool IsFinal(int metric, long startUs) => roll is not null
        && PaneLayers.IsClosed(startUs + _metrics[metric].SizeUs, pipeline.Metrics.AllowedLatenessUs, roll.ClosedThroughUs);

    /// <summary>Null unless the window holds late records too.</summary>
    private ReconciledDay? Reconciled(int metric, long startUs) =>
        _days[metric].TryGetValue(CivilDay.Of(startUs), out var day)
            && PaneLayers.IsClosed(startUs + _metrics[metric].SizeUs, pipeline.Metrics.AllowedLatenessUs, day.ClosedThroughUs)
            ? day
            : null;

    private async Task Compare(int metric, PaneLayer panes, Func<int, long, bool> isComplete, CancellationToken cancellation)
    {
        var starts = panes.Windows().Where(window => window.Metric == metric && isComplete(metric, window.StartUs)).Select(window => window.StartUs).ToHashSet();
        if (starts.Count == 0)
        {
            return;
        }

        var tally = tallies.Gold(_metrics[metric].Name);
        var found = await Found(metric, starts.Contains, cancellation);
        var whole = Texts(metric, panes, starts);
        var atRoll = Texts(metric, _atRoll, starts);
        _compared[metric].UnionWith(starts);
        foreach (var (startUs, groups) in whole)
        {
            if (!found.TryGetValue(startUs, out var rows))
            {
                // An open window that was not rolled yet is not in gold.
                if (IsFinal(metric, startUs) || atRoll.ContainsKey(startUs))
                {
                    CompareRows(tally, atRoll.GetValueOrDefault(startUs, groups), []);
                }

                continue;
            }

            var isAsRolled = !IsFinal(metric, startUs) && atRoll.TryGetValue(startUs, out var before) && Same(before, rows);
            CompareRows(tally, isAsRolled ? atRoll[startUs] : groups, rows);
        }
    }

    private Dictionary<long, SortedDictionary<string, string>> Texts(int metric, PaneLayer panes, HashSet<long> starts)
    {
        using var rows = pipeline.Metrics.ToGold(_metrics[metric], panes, starts.Contains);
        var windows = new Dictionary<long, SortedDictionary<string, string>>();
        GoldRowTexts.Add(_metrics[metric], rows, starts.Contains, windows);
        return windows;
    }

    private async Task<Dictionary<long, SortedDictionary<string, string>>> Found(int metric, Func<long, bool> isWanted, CancellationToken cancellation)
    {
        var windows = new Dictionary<long, SortedDictionary<string, string>>();
        foreach (var file in sources[metric].Files)
        {
            if (file.WindowStarts is { } starts && !starts.Any(isWanted))
            {
                continue;
            }

            try
            {
                using var rows = await files.Read(file, cancellation);
                foreach (var key in GoldRowTexts.Add(_metrics[metric], rows, isWanted, windows))
                {
                    tallies.Gold(_metrics[metric].Name).Differ($"gold has {key} twice");
                }
            }
            catch (Exception error) when (TableFiles.IsDamage(error))
            {
                tallies.Gold(_metrics[metric].Name).Differ($"{file.Path}: {error.Message}");
            }
        }

        return windows;
    }

    private static bool Same(SortedDictionary<string, string> left, SortedDictionary<string, string> right) =>
        left.Count == right.Count && left.All(row => right.TryGetValue(row.Key, out var values) && values == row.Value);

    private static void CompareRows(Tally tally, SortedDictionary<string, string> expected, SortedDictionary<string, string> found)
    {
        tally.Expected += expected.Count;
        tally.Found += found.Count;
        foreach (var (key, values) in expected)
        {
            if (!found.TryGetValue(key, out var actual))
            {
                tally.Differ($"gold lacks {key}: {values}");
            }
            else if (actual != values)
            {
                tally.Differ($"{key}: expected {values}; found {actual}");
            }
        }

        foreach (var key in found.Keys.Where(key => !expected.ContainsKey(key)))
        {
            tally.Differ($"gold has {key}, which silver does not give");
        }
    }
}
