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
/// <para>
/// Invariant: however many groups the open windows have, the head, an item of a bounded size, names a few hundred layers at most. So what a merge may take on grows with the
/// number of layers; one that is large is made part by part, and is rare.
/// </para>
/// </summary>
/// <param name="metrics">Those of the layers.</param>
/// <param name="stream">Whose roll says which windows are closed.</param>
/// <param name="pk">The shard's.</param>
/// <param name="state">Where the layers are.</param>
/// <param name="groupsUsual">Layers that together hold more groups than this are left apart while they are few: to merge them takes a commit long.</param>
internal sealed class PaneLayers(MetricSet metrics, string stream, string pk, IStateStore state, long groupsUsual = 200_000)
{
    /// <summary>Layers of one level that are merged into one of the next.</summary>
    public const int FanIn = 8;

    /// <summary>Each time there are as many layers more, twice as many groups may be merged at once.</summary>
    private const int LayersUsual = 16;

    private const int DoublingsMax = 30;

    /// <summary>The layers there are with the batch's, merged with older ones where their level is full.</summary>
    public async ValueTask<NextPanes> With(PaneLayer layer, IReadOnlyList<PaneLayerRef> current, string attempt, long generation, CancellationToken cancellation)
    {
        if (metrics.Metrics.Count == 0 || (layer.GroupCount == 0 && current.Count == 0))
        {
            return new NextPanes(current, [], []);
        }

        var roll = await RollHead.Read(state, stream, cancellation);
        var closedThroughUs = roll?.ClosedThroughUs ?? long.MinValue;
        var latenessUs = metrics.AllowedLatenessUs;
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

        bool IsGone(int metric, long startUs) => IsClosed(startUs + metrics.Metrics[metric].SizeUs, latenessUs, closedThroughUs);

        var level = 0;
        for (; kept.Count(l => l.Level == level) >= FanIn - 1; level++)
        {
            var peers = kept.FindAll(l => l.Level == level);
            if (peers.Sum(l => l.Groups) + layer.GroupCount > groupsUsual)
            {
                break;
            }

            var read = await Task.WhenAll(peers.Select(peer => Read(peer, cancellation)));
            Supersede(peers);
            layer = PaneLayer.Merge([layer, .. read]).Without(IsGone);
        }

        var next = new Layer(metrics, pk, attempt, generation);
        var large = LargePeers(kept, layer.GroupCount, ref level);
        if (large.Count == 0)
        {
            next.Add(layer);
        }
        else
        {
            await Merge(layer, large, IsGone, next, cancellation);
            Supersede(large);
        }

        return new NextPanes(next.Groups == 0 ? kept : [.. kept, next.Ref(level)], next.Items, superseded);

        void Supersede(List<PaneLayerRef> merged)
        {
            foreach (var peer in merged)
            {
                superseded.AddRange(Keys(peer));
                kept.Remove(peer);
            }
        }
    }

    /// <summary>Whether a window is closed: no record of any shard can reach it on time (DESIGN section 2).</summary>
    public static bool IsClosed(long windowEndUs, long allowedLatenessUs, long watermarkUs) =>
        watermarkUs != long.MinValue && windowEndUs + allowedLatenessUs <= watermarkUs;

    /// <summary>Layers that are too large to be merged in passing, where their number asks for it. Their sum says how large the merge can become: groups that they share count once in it.</summary>
    /// <param name="kept">The layers there are.</param>
    /// <param name="groups">Of the one that they would be merged with.</param>
    /// <param name="level">Its level; becomes that of the merge.</param>
    private List<PaneLayerRef> LargePeers(List<PaneLayerRef> kept, long groups, ref int level)
    {
        var groupsMax = groupsUsual << Math.Min(DoublingsMax, kept.Count / LayersUsual);
        var large = new List<PaneLayerRef>();
        while (true)
        {
            var sum = groups;
            var at = level;
            var peers = kept.Where(l => l.Level == at).TakeWhile(l => (sum += l.Groups) <= groupsMax).ToList();
            if (peers.Count < FanIn - 1)
            {
                return large;
            }

            large.AddRange(peers);
            groups += peers.Sum(l => l.Groups);
            level++;
        }
    }

    /// <summary>Part by part, as a roll does it.</summary>
    private async ValueTask Merge(PaneLayer layer, List<PaneLayerRef> peers, Func<int, long, bool> isGone, Layer merged, CancellationToken cancellation)
    {
        var streams = peers.ConvertAll(peer => new PaneStream(metrics, state, pk, peer, isGone));
        streams.Add(new PaneStream(metrics, state, pk, merged.Ref(level: 0), isGone, layer));
        try
        {
            await foreach (var windows in PaneMerge.Run(metrics, streams, groupsUsual, cancellation))
            {
                merged.Add(windows);
            }
        }
        catch (LayerGoneException error)
        {
            throw Gone(error.Item);
        }
    }

    private static StateUncertainException Gone(string item) => new($"{item}: the pane layer is gone: another process merged it");

    private async Task<PaneLayer> Read(PaneLayerRef layer, CancellationToken cancellation)
    {
        var parts = new List<byte[]>(layer.Parts);
        for (var part = 0; part < layer.Parts; part++)
        {
            var item = await state.Read(pk, StateKeys.Panes(layer.Attempt, part), cancellation)
                ?? throw Gone($"{pk} / {StateKeys.Panes(layer.Attempt, part)}");
            parts.Add(item.Body.ToArray());
        }

        return metrics.Decode(parts);
    }

    private List<(string, string)> Keys(PaneLayerRef layer) =>
        [.. Enumerable.Range(0, layer.Parts).Select(part => (pk, StateKeys.Panes(layer.Attempt, part)))];

    /// <summary>A layer that is being written: its items, and what a head says of it.</summary>
    private sealed class Layer(MetricSet metrics, string pk, string attempt, long generation)
    {
        private long _firstWindowUs = long.MaxValue;
        private long _lastWindowEndUs = long.MinValue;

        public List<StateItem> Items { get; } = [];

        public long Groups { get; private set; }

        /// <summary>Adds windows that begin behind those before: parts come in the order of their windows.</summary>
        public void Add(PaneLayer windows)
        {
            // The version is the generation, as for seen segments: it tells when the attempt can no longer commit.
            Items.AddRange(windows.Encode().Select((body, part) => new StateItem(pk, StateKeys.Panes(attempt, Items.Count + part), generation, attempt, body)).ToList());
            Groups += windows.GroupCount;
            foreach (var window in windows.Windows())
            {
                _firstWindowUs = Math.Min(_firstWindowUs, window.StartUs);
                _lastWindowEndUs = Math.Max(_lastWindowEndUs, window.StartUs + metrics.Metrics[window.Metric].SizeUs);
            }
        }

        public PaneLayerRef Ref(int level) => new(attempt, Items.Count, Groups, level, _firstWindowUs, _lastWindowEndUs);
    }
}
