using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Tests.Windows;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>Layers that are too large to be merged in passing are merged all the same before a head names too many of them.</summary>
public sealed class PaneLayersTests
{
    private const string Pk = "SHARD#s#0";
    private const long SecondUs = 1_000_000;

    private static readonly MeasureSettings _rows = new("rows", "count", null, null);

    private static readonly MetricSet _metrics = TestMetrics.Bind(
        latenessUs: 0,
        TestMetrics.Metric("hopping", 40 * SecondUs, 10 * SecondUs, ["origin"], _rows),
        TestMetrics.Metric("total", 60 * SecondUs, 60 * SecondUs, [], _rows));

    private readonly MemoryStateStore _state = new();
    private readonly Random _random = new(1);
    private readonly List<PaneLayer> _committed = [_metrics.Empty];
    private IReadOnlyList<PaneLayerRef> _head = [];
    private int _generation;

    [Theory]
    [InlineData(40, 25, 600)]
    [InlineData(10, 200, 400)]
    [InlineData(3, 400, 300)]
    public async Task A_head_names_few_layers_however_many_groups_its_windows_have(long groupsUsual, int rows, int batches)
    {
        var panes = new PaneLayers(_metrics, "s", Pk, _state, groupsUsual);
        var most = 0;
        while (_generation < batches)
        {
            await Commit(panes, Layer(rows, fromUs: 0, keyLength: 3));
            most = Math.Max(most, _head.Count);
        }

        Assert.InRange(most, PaneLayers.FanIn, 250);
        await CheckStored();
    }

    [Fact]
    public async Task Layers_of_several_parts_stay_in_the_order_of_their_windows()
    {
        var panes = new PaneLayers(_metrics, "s", Pk, _state, groupsUsual: 8_000);
        while (_generation < 40)
        {
            await Commit(panes, Layer(rows: 500, fromUs: 0, keyLength: 200));
        }

        Assert.Contains(_head, layer => layer.Parts > 3);
        foreach (var layer in _head)
        {
            var lastUs = long.MinValue;
            var stream = new PaneStream(_metrics, _state, Pk, layer, (_, _) => false);
            while (stream.HasMore)
            {
                await stream.ReadPart(CancellationToken.None);
                var windows = stream.TakeBefore(long.MaxValue).Windows();
                Assert.True(windows[0].StartUs >= lastUs);
                lastUs = windows[^1].StartUs;
            }

            var read = await Read(layer);
            Assert.Equal(layer.Groups, read.GroupCount);
            Assert.Equal(layer.FirstWindowUs, read.Windows()[0].StartUs);
            Assert.Equal(layer.LastWindowEndUs, read.Windows().Max(window => window.StartUs + _metrics.Metrics[window.Metric].SizeUs));
        }

        await CheckStored();
    }

    [Fact]
    public async Task Windows_that_are_closed_leave()
    {
        var panes = new PaneLayers(_metrics, "s", Pk, _state, groupsUsual: 40);
        while (_generation < 400)
        {
            var closedUs = _generation * SecondUs;
            await Commit(panes, Layer(rows: 30, fromUs: closedUs, keyLength: 3));
            await _state.Put([new StateItem(StateKeys.RollPk("s"), StateKeys.Head, _generation, "r", new RollHead(closedUs, RollHead.None.Shards, closedUs, RollHead.None.Activity).ToJson())], CancellationToken.None);
        }

        // What a head still names of closed windows does no harm: rolls leave it out.
        await CheckStored((metric, startUs) => startUs + _metrics.Metrics[metric].SizeUs <= 399 * SecondUs);
        Assert.True(_head.Sum(layer => layer.Groups) < _committed.Sum(layer => layer.GroupCount) / 4);
    }

    [Fact]
    public async Task A_large_layer_that_is_gone_was_merged_by_another()
    {
        var panes = new PaneLayers(_metrics, "s", Pk, _state, groupsUsual: 10);
        while (_head.Count < 15)
        {
            await Commit(panes, Layer(rows: 10, fromUs: 0, keyLength: 3));
        }

        await _state.Delete([(Pk, StateKeys.Panes(_head[3].Attempt, 0))], CancellationToken.None);
        var error = await Assert.ThrowsAsync<StateUncertainException>(async () =>
        {
            while (_generation < 1_000)
            {
                await Commit(panes, Layer(rows: 10, fromUs: 0, keyLength: 3));
            }
        });
        Assert.Contains("another process merged it", error.Message, StringComparison.Ordinal);
    }

    private PaneLayer Layer(int rows, long fromUs, int keyLength) => TestMetrics.Layer(
        _metrics,
        [.. Enumerable.Range(0, rows).Select(_ => new SilverRow(
            fromUs + _random.NextInt64(20 * SecondUs), new string(_random.GetItems("abcdefghijklmnopqrstuvwxyz".AsSpan(), keyLength)), null, null, null, null, null, false, null))]);

    /// <summary>As a batch's commit does it, and what is stored is no more than what the head names.</summary>
    private async Task Commit(PaneLayers panes, PaneLayer layer)
    {
        _generation++;
        _committed.Add(layer);
        var next = await panes.With(layer, _head, $"a{_generation}", _generation, CancellationToken.None);
        await _state.Put(next.Items, CancellationToken.None);
        await _state.Delete(next.Superseded, CancellationToken.None);
        _head = next.Layers;
    }

    private async Task CheckStored(Func<int, long, bool>? isClosed = null)
    {
        isClosed ??= (_, _) => false;
        var layers = new List<PaneLayer> { _metrics.Empty };
        foreach (var layer in _head)
        {
            layers.Add(await Read(layer));
        }

        Assert.Equal(TestMetrics.Bytes(PaneLayer.Merge(_committed).Without(isClosed)), TestMetrics.Bytes(PaneLayer.Merge(layers).Without(isClosed)));
        var stored = 0;
        await foreach (var _ in _state.Query(Pk, StateKeys.Panes("", 0)[..6], "Q", CancellationToken.None))
        {
            stored++;
        }

        Assert.Equal(_head.Sum(layer => layer.Parts), stored);
    }

    private async Task<PaneLayer> Read(PaneLayerRef layer)
    {
        var parts = new List<byte[]>();
        for (var part = 0; part < layer.Parts; part++)
        {
            parts.Add((await _state.Read(Pk, StateKeys.Panes(layer.Attempt, part), CancellationToken.None))!.Body.ToArray());
        }

        return _metrics.Decode(parts);
    }
}
