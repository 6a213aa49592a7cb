using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Commit;

/// <param name="Windows">Windows rolled.</param>
/// <param name="Rows">Gold rows written.</param>
/// <param name="OverflowedSums">Sums beyond their column's type: null in gold.</param>
/// <param name="Sealed">Idle shards whose watermark was raised.</param>
public readonly record struct RollReport(long Windows, long Rows, long OverflowedSums, int Sealed);

/// <summary>
/// Merges the panes of closed windows over all shards and commits their rows to gold. A window is closed when its end + allowed lateness is at or
/// before the least watermark of the open shards: by then a further event for it is late by its own shard's watermark, so there is no race. A shard that
/// starts meanwhile starts at the watermark that the roll announced before it looked for new shards. Idle shards are sealed first
/// (<see cref="IdleSeal"/>).
/// Closing the rest as well (the end of a finite input) gives gold that is complete now; those panes are kept, and the windows are rolled
/// again when more comes. One table version per metric holds a window's rows whole, so rolling twice changes nothing.
/// </summary>
public sealed class Roll(
    Pipeline pipeline, IStateStore state, IReadOnlyDictionary<string, GoldTable> gold, StreamCatalog catalog, IAttemptIds attempts)
{
    private const int AttemptsMax = 20;

    /// <summary>Groups that are written to gold in one version.</summary>
    private const long GroupsPerVersion = 100_000;

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly IReadOnlyList<Metric> _metrics = pipeline.Metrics.Metrics;
    private readonly CommittedBatches _batches = new(state, pipeline.Settings.Stream);
    private readonly IdleSeal _seal = new(pipeline, state, attempts);

    /// <param name="closeAll">Roll the windows that are still open, too.</param>
    /// <param name="clock">To seal the shards that are idle by then; null: seal none.</param>
    /// <param name="cancellation">What is not committed is rolled next time.</param>
    public async ValueTask<RollReport> Run(bool closeAll, SealClock? clock, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            try
            {
                if (await TryRun(closeAll, clock, cancellation) is { } report)
                {
                    return report;
                }
            }
            catch (LayerGoneException)
            {
                // The consumer merged it meanwhile; its new head names the merged one.
            }
        }

        throw new StateUncertainException($"the roll of stream {_stream} was overtaken by other writers {AttemptsMax} times in a row; run one roll at a time");
    }

    /// <summary>Null when another roll was first, or a shard was added.</summary>
    private async ValueTask<RollReport?> TryRun(bool closeAll, SealClock? clock, CancellationToken cancellation)
    {
        if (_metrics.Count == 0)
        {
            return default(RollReport);
        }

        // The tables first: a roll that is overtaken after this by one that saw more loses the commit.
        var tables = new Dictionary<string, TableSnapshot>(StringComparer.Ordinal);
        foreach (var metric in _metrics)
        {
            tables[metric.Name] = await gold[metric.Name].Table.Open(cancellation);
        }

        var item = await RollHead.ReadItem(state, _stream, cancellation);
        var (before, version) = item ?? (RollHead.None, 0);
        var (heads, seal) = await Observe(before, clock, cancellation);
        var closedUs = before.ClosedThroughUs;
        var watermarkUs = Math.Max(closedUs, heads.LeastWatermarkUs());
        var generations = heads.Generations();
        var isDue = closeAll ? !Same(before.Shards, generations) : watermarkUs != closedUs;

        // What shards start with from here on. Then look whether one has started without knowing it.
        var announced = before with { ClosingThroughUs = Math.Max(before.ClosingThroughUs, watermarkUs), Activity = seal.Activity };
        if (announced.ClosingThroughUs != before.ClosingThroughUs || !Same(before.Activity, announced.Activity))
        {
            if (!await Swap(announced, version++, cancellation) || !await heads.IsComplete(catalog, cancellation))
            {
                return null;
            }
        }

        else if (isDue && await Version(cancellation) != version)
        {
            // Another roll ended between the reads of the roll's head and of the shards' heads: consumers may have dropped the layers that it
            // closed, so that what these heads name is less than the windows hold.
            return null;
        }

        if (!isDue)
        {
            return new RollReport(0, 0, 0, seal.Sealed);
        }

        bool Unwanted(int metric, long startUs)
        {
            var endUs = startUs + _metrics[metric].SizeUs;
            return PaneLayers.IsClosed(endUs, pipeline.Metrics.AllowedLatenessUs, closedUs)
                || !(closeAll || PaneLayers.IsClosed(endUs, pipeline.Metrics.AllowedLatenessUs, watermarkUs));
        }

        var report = await Merge(Streams(heads, closedUs, Unwanted), tables, cancellation);
        if (report is null)
        {
            return null;
        }

        var after = announced with { ClosedThroughUs = watermarkUs, Shards = closeAll ? generations : before.Shards };
        return await Swap(after, version, cancellation) ? report.Value with { Sealed = seal.Sealed } : null;
    }

    private async ValueTask<long> Version(CancellationToken cancellation) => (await RollHead.ReadItem(state, _stream, cancellation))?.Version ?? 0;

    /// <summary>The heads, after idle shards were sealed.</summary>
    private async ValueTask<(StreamHeads Heads, SealReport Seal)> Observe(RollHead before, SealClock? clock, CancellationToken cancellation)
    {
        var heads = await StreamHeads.Read(catalog, _batches, cancellation);
        if (clock is not { } now || !_seal.IsOn)
        {
            return (heads, new SealReport(before.Activity, 0));
        }

        var seal = await _seal.Run(heads, before.Activity, now, cancellation);
        return (seal.Sealed == 0 ? heads : await StreamHeads.Read(catalog, _batches, cancellation), seal);
    }

    /// <summary>False when another roll was first. Without an answer it is not known: then the roll is done again, which changes nothing.</summary>
    private async ValueTask<bool> Swap(RollHead next, long version, CancellationToken cancellation)
    {
        var item = new StateItem(StateKeys.RollPk(_stream), StateKeys.Head, version + 1, attempts.Next(), next.ToJson());
        return await state.Swap([new StateWrite(item, version)], cancellation) == SwapOutcome.Committed;
    }

    private static bool Same<T>(IReadOnlyDictionary<string, T> left, IReadOnlyDictionary<string, T> right)
        where T : struct =>
        left.Count == right.Count && right.All(shard => left.TryGetValue(shard.Key, out var value) && value.Equals(shard.Value));

    private List<PaneStream> Streams(StreamHeads heads, long closedUs, Func<int, long, bool> drop)
    {
        var streams = new List<PaneStream>();
        foreach (var shard in heads.Shards)
        {
            foreach (var layer in heads.Head(shard)?.Panes ?? [])
            {
                if (!PaneLayers.IsClosed(layer.LastWindowEndUs, pipeline.Metrics.AllowedLatenessUs, closedUs))
                {
                    streams.Add(new PaneStream(pipeline.Metrics, state, StateKeys.ShardPk(_stream, shard), layer, drop));
                }
            }
        }

        return streams;
    }

    /// <summary>Null when another roll was first.</summary>
    private async ValueTask<RollReport?> Merge(List<PaneStream> streams, Dictionary<string, TableSnapshot> tables, CancellationToken cancellation)
    {
        var report = default(RollReport);
        await foreach (var panes in PaneMerge.Run(pipeline.Metrics, streams, GroupsPerVersion, cancellation))
        {
            if (await Write(panes, tables, cancellation) is not { } written)
            {
                return null;
            }

            report = new RollReport(report.Windows + written.Windows, report.Rows + written.Rows, report.OverflowedSums + written.OverflowedSums, 0);
        }

        return report;
    }

    private async ValueTask<RollReport?> Write(PaneLayer panes, Dictionary<string, TableSnapshot> tables, CancellationToken cancellation)
    {
        var report = default(RollReport);
        var windows = panes.Windows();
        for (var i = 0; i < _metrics.Count; i++)
        {
            var metric = _metrics[i];
            var starts = windows.Where(window => window.Metric == i).Select(window => window.StartUs).ToHashSet();
            if (starts.Count == 0)
            {
                continue;
            }

            using var rows = pipeline.Metrics.ToGold(metric, panes, starts.Contains, out var overflowed);
            var next = await gold[metric.Name].ReplaceWindows(tables[metric.Name], rows, starts, new Dictionary<string, string>(), cancellation);
            if (next is null)
            {
                return null;
            }

            tables[metric.Name] = next;
            report = new RollReport(report.Windows + starts.Count, report.Rows + rows.Length, report.OverflowedSums + overflowed, 0);
        }

        return report;
    }
}
