using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>Other metrics than those whose windows are open.</summary>
public sealed class StreamMetricsTests
{
    private static readonly string Yaml = SmallPipeline.Yaml();
    private static readonly string Longer = Yaml.Replace("tumbling: 10s", "tumbling: 20s", StringComparison.Ordinal);
    private static readonly string Renamed = Yaml.Replace("name: m\n", "name: other\n", StringComparison.Ordinal);
    private static readonly string Beside = Yaml + "\n" + Longer[Longer.IndexOf("  - name: m", StringComparison.Ordinal)..].Replace("name: m", "name: m20", StringComparison.Ordinal);

    private readonly StreamFixture _stream = new(Yaml);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_metric_that_changes_or_goes_while_its_windows_are_open_is_refused_with_both_forms()
    {
        await Admit(Yaml);
        await Commit(_stream, "s0", 1);
        Assert.Equal(
            "pipeline.yaml does not have the metrics whose windows are open in stream s; nothing was written.\n"
            + "metric 'm': window was { tumbling: 10s } and is { tumbling: 20s }. Keep it as it was, and add the changed one beside it under a new name; "
            + "each batch opens new windows, so this holds for as long as the lake gets records",
            await Refused(Longer));
        Assert.Contains("groupBy was [k] and is [id]", await Refused(Yaml.Replace("groupBy: [k]", "groupBy: [id]", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("measures was count(), max(t) and is count(), min(t)", await Refused(Yaml.Replace("max(t)", "min(t)", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("metric 'm': it is missing; it had window: { tumbling: 10s }, groupBy: [k], measures: count(), max(t). Keep it", await Refused(Renamed), StringComparison.Ordinal);
        await Admit(Yaml);
    }

    [Fact]
    public async Task What_the_error_advises_is_admitted_and_committed()
    {
        await Admit(Yaml);
        await Commit(_stream, "s0", 1);
        await Admit(Beside);
        var beside = SmallPipeline.Compile(Beside);
        using var consumer = new ShardConsumer(beside, new ShardEntry("s0", []), seed: 7, _stream.State, _stream.Objects, new CountedAttempts("b"));
        await consumer.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, new Event(2, "e2", "x", SmallPipeline.StartUs)), Stop);
        await Admit(Beside);
        Assert.Contains("metric 'm20': it is missing", await Refused(Yaml), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_metrics_cost_one_read()
    {
        await Admit(Yaml);
        await Commit(_stream, "s0", 1);
        var calls = new Interruption((_, _) => false, () => Task.CompletedTask);
        await Admit(Yaml, new InterruptedStateStore(_stream.State, calls));
        Assert.Equal(1, calls.Calls);
    }

    [Fact]
    public async Task A_lake_of_an_earlier_version_is_read_once_over_all_shards()
    {
        await Commit(_stream, "s0", 1);
        await Commit(_stream, "s1", 1);
        Assert.Contains("metric 'm': its windows were written with other windows, groups, measures or types of columns than window: { tumbling: 20s }", await Refused(Longer), StringComparison.Ordinal);
        Assert.Contains("metric 'm': it is missing. Keep", await Refused(Renamed), StringComparison.Ordinal);
        await Admit(Yaml);
        Assert.Contains("was { tumbling: 10s }", await Refused(Longer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lake_with_two_forms_of_a_metric_says_what_can_be_done()
    {
        await Commit(_stream, "s0", 1);
        var longer = SmallPipeline.Compile(Longer);
        await _stream.Catalog.Register(new ShardEntry("s1", []), Stop);
        using var consumer = new ShardConsumer(longer, new ShardEntry("s1", []), seed: 7, _stream.State, _stream.Objects, new CountedAttempts("b"));
        await consumer.Commit(SmallPipeline.Batch("s1", SmallPipeline.StartUs, new Event(1, "e1", "x", SmallPipeline.StartUs)), Stop);
        foreach (var yaml in new[] { Yaml, Longer, Renamed })
        {
            Assert.Contains("metric 'm': its open windows are stored in 2 forms, since an earlier version let it be changed", await Refused(yaml), StringComparison.Ordinal);
        }

        await Admit(Yaml[..Yaml.IndexOf("metrics:", StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task A_metric_without_an_open_window_may_change_or_go()
    {
        await Admit(Yaml);
        await Commit(_stream, "s0", 1);
        var closed = new RollHead(SmallPipeline.StartUs + SmallPipeline.WindowUs, new Dictionary<string, long>(), long.MinValue, new Dictionary<string, ShardActivity>());
        await _stream.State.Put([new StateItem(StateKeys.RollPk("s"), StateKeys.Head, 1, "r", closed.ToJson())], Stop);
        await Admit(Longer);
        await Admit(Renamed);
        await Admit(Yaml);
    }

    [Fact]
    public async Task Of_two_processes_with_different_metrics_the_later_one_sees_what_the_first_has_written()
    {
        await Commit(_stream, "s0", 1);
        _stream.State.BeforeSwap = async _ =>
        {
            _stream.State.BeforeSwap = _ => Task.CompletedTask;
            await Admit(Yaml);
        };
        await Admit(Beside);
        Assert.Contains("was { tumbling: 10s }", await Refused(Longer), StringComparison.Ordinal);
    }

    private Task Admit(string yaml, IStateStore? state = null) =>
        new StreamMetrics(SmallPipeline.Compile(yaml), state ?? _stream.State, new CountedAttempts("m")).Admit(Stop).AsTask();

    private async Task<string> Refused(string yaml)
    {
        var writes = 0;
        _stream.State.BeforeSwap = _ =>
        {
            writes++;
            return Task.CompletedTask;
        };
        var error = await Assert.ThrowsAsync<MetricChangedException>(() => Admit(yaml));
        _stream.State.BeforeSwap = null;
        Assert.Equal(0, writes);
        return error.Message;
    }

    private static async Task Commit(StreamFixture stream, string shard, long sequence)
    {
        using var consumer = await stream.Consumer(shard);
        await consumer.Commit(SmallPipeline.Batch(shard, SmallPipeline.StartUs, new Event(sequence, $"{shard}-{sequence}", "x", SmallPipeline.StartUs)), Stop);
    }
}
