using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Commit;

/// <param name="Layers">The head's next list.</param>
/// <param name="Items">Items that only the next list names: to write before the swap.</param>
/// <param name="Superseded">Items that the list no longer names: to delete after the swap.</param>
internal readonly record struct NextPanes(IReadOnlyList<PaneLayerRef> Layers, IReadOnlyList<StateItem> Items, IReadOnlyList<(string Pk, string Sk)> Superseded);

/// <summary>
/// The pane layers of a shard: a log-structured merge over window contributions. Each batch adds one layer of level 0;
/// <see cref="FanIn"/> layers of a level become one of the next, so that a group's state is rewritten a logarithmic number of times
/// and a head names few layers. All merges are exact and order-independent, so when they happen never shows in a result.
/// </summary>
internal sealed class PaneLayers(Pipeline pipeline, string pk, IStateStore state)
{
    /// <summary>Layers of one level that are merged into one of the next.</summary>
    public const int FanIn = 8;

    /// <summary>Layers that together hold more groups than this are left apart: a merge stays in memory.</summary>
    private const long GroupsMax = 200_000;

    /// <summary>The layers there are with the batch's, merged with older ones where their level is full.</summary>
    public async ValueTask<NextPanes> With(PaneLayer layer, IReadOnlyList<PaneLayerRef> current, string attempt, long generation, CancellationToken cancellation)
    {
        if (pipeline.Metrics.Metrics.Count == 0 || (layer.GroupCount == 0 && current.Count == 0))
        {
            return new NextPanes(current, [], []);
        }

        var roll = await RollHead.Read(state, pipeline.Settings.Stream, cancellation);
        var closedThroughUs = roll?.ClosedThroughUs ?? long.MinValue;
        var latenessUs = pipeline.Settings.EventTime.AllowedLateness.Ticks / 10;
        var kept = new List<PaneLayerRef>();
        var superseded = new List<(string, string)>();
        foreach (var old in current)
        {
            // Rolled for good: gold has all of it.
            if (IsClosed(old.LastWindowEndUs, latenessUs, closedThroughUs))
            {
                superseded.AddRange(Keys(old));
            }
            else
            {
                kept.Add(old);
            }
        }

        if (layer.GroupCount == 0)
        {
            return new NextPanes(kept, [], superseded);
        }

        var level = 0;
        for (; kept.Count(l => l.Level == level) >= FanIn - 1; level++)
        {
            var peers = kept.FindAll(l => l.Level == level);
            if (peers.Sum(l => l.Groups) + layer.GroupCount > GroupsMax)
            {
                break;
            }

            var read = await Task.WhenAll(peers.Select(peer => Read(peer, cancellation)));
            foreach (var peer in peers)
            {
                superseded.AddRange(Keys(peer));
                kept.Remove(peer);
            }

            layer = PaneLayer.Merge([layer, .. read]).Without((metric, startUs) =>
                IsClosed(startUs + pipeline.Metrics.Metrics[metric].SizeUs, latenessUs, closedThroughUs));
        }

        if (layer.GroupCount == 0)
        {
            return new NextPanes(kept, [], superseded);
        }

        var items = ItemsOf(layer, attempt, generation);
        kept.Add(RefTo(layer, items.Count, level, attempt));
        return new NextPanes(kept, items, superseded);
    }

    /// <summary>Whether a window is closed: no record of any shard can reach it on time (DESIGN section 2).</summary>
    public static bool IsClosed(long windowEndUs, long allowedLatenessUs, long watermarkUs) =>
        watermarkUs != long.MinValue && windowEndUs + allowedLatenessUs <= watermarkUs;

    /// <summary>The version is the generation, as for seen segments: it tells when the attempt can no longer commit.</summary>
    private List<StateItem> ItemsOf(PaneLayer layer, string attempt, long generation) =>
        [.. layer.Encode().Select((body, part) => new StateItem(pk, StateKeys.Panes(attempt, part), generation, attempt, body))];

    private PaneLayerRef RefTo(PaneLayer layer, int parts, int level, string attempt)
    {
        var windows = layer.Windows();
        return new PaneLayerRef(attempt, parts, layer.GroupCount, level, windows[0].StartUs, windows.Max(w => w.StartUs + pipeline.Metrics.Metrics[w.Metric].SizeUs));
    }

    private async Task<PaneLayer> Read(PaneLayerRef layer, CancellationToken cancellation)
    {
        var parts = new List<byte[]>(layer.Parts);
        for (var part = 0; part < layer.Parts; part++)
        {
            var item = await state.Read(pk, StateKeys.Panes(layer.Attempt, part), cancellation)
                ?? throw new StateUncertainException($"{pk} / {StateKeys.Panes(layer.Attempt, part)}: the pane layer is gone: another process merged it");
            parts.Add(item.Body.ToArray());
        }

        return pipeline.Metrics.Decode(parts);
    }

    private List<(string, string)> Keys(PaneLayerRef layer) =>
        [.. Enumerable.Range(0, layer.Parts).Select(part => (pk, StateKeys.Panes(layer.Attempt, part)))];
}
