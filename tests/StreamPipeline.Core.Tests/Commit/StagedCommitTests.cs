using System.Text;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>What a batch writes before its swap: rows into the lake, keys and panes into the state table. At the same time, since a Lambda is paid by the millisecond.</summary>
public sealed class StagedCommitTests
{
    private const string Shard = "shard0";

    private readonly StreamFixture _stream = new();
    private readonly TaskCompletionSource _held = new();
    private bool _isHeld = true;

    [Fact]
    public async Task Keys_and_panes_are_written_while_the_rows_are_on_their_way_and_the_swap_is_behind_both()
    {
        var commit = await Begin(Hold("Stage"), Pass());
        Assert.Equal(["PANES", "SEEN"], await Staged());
        Assert.Null(await _stream.Batches.Head(Shard, CancellationToken.None));

        _held.SetResult();
        await commit;
        Assert.Equal(1, (await _stream.Head(Shard)).Generation);
        Assert.Equal(["a1", "b1"], (await _stream.SilverRows()).Select(row => row.Id).Order());
    }

    [Fact]
    public async Task Rows_are_written_while_keys_and_panes_are_on_their_way_and_the_swap_is_behind_both()
    {
        var commit = await Begin(Pass(), Hold("Put"));
        Assert.Single(await Objects());
        Assert.Equal([], await Staged());
        Assert.Null(await _stream.Batches.Head(Shard, CancellationToken.None));

        _held.SetResult();
        await commit;
        Assert.Equal(1, (await _stream.Head(Shard)).Generation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_one_of_them_fails_nothing_is_committed_and_the_batch_can_be_committed_again(bool isState)
    {
        using var consumer = await Consumer(isState ? Pass() : Hold("Stage"), isState ? Hold("Put") : Pass());
        var commit = consumer.Commit(Batch(), CancellationToken.None).AsTask();
        _held.SetException(new IOException("as planned"));
        Assert.Equal("as planned", (await Assert.ThrowsAsync<IOException>(() => commit)).Message);
        Assert.Null(await _stream.Batches.Head(Shard, CancellationToken.None));

        _isHeld = false;
        var report = await consumer.Commit(Batch(), CancellationToken.None);
        Assert.Equal(2, report.Counts.Silver);
        Assert.Equal(["a1", "b1"], (await _stream.SilverRows()).Select(row => row.Id).Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_of_one_waits_for_the_other_whose_memory_is_the_batchs(bool isState)
    {
        using var consumer = await Consumer(isState ? Hold("Stage") : Fail("Stage"), isState ? Fail("Put") : Hold("Put"));
        var commit = consumer.Commit(Batch(), CancellationToken.None).AsTask();
        await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        Assert.False(commit.IsCompleted);

        _held.SetResult();
        Assert.Equal("as planned", (await Assert.ThrowsAsync<IOException>(() => commit)).Message);
        Assert.Null(await _stream.Batches.Head(Shard, CancellationToken.None));
    }

    [Fact]
    public async Task No_answer_to_what_is_staged_is_told_as_it_is_and_is_no_lost_swap()
    {
        using var consumer = await Consumer(Pass(), new Interruption((_, call) => call == "Put", () => throw new StateUncertainException("throttled: raise the table's capacity")));
        var error = await Assert.ThrowsAsync<StateUncertainException>(() => consumer.Commit(Batch(), CancellationToken.None).AsTask());
        Assert.Equal("throttled: raise the table's capacity", error.Message);
        Assert.Single(await Objects());
    }

    [Fact]
    public async Task After_a_swap_without_an_answer_the_state_is_asked()
    {
        var swaps = 0;
        using var consumer = await Consumer(Pass(), new Interruption((_, call) => call == "Swap" && swaps++ == 0, () => throw new StateUncertainException("no answer")));
        var report = await consumer.Commit(Batch(), CancellationToken.None);
        Assert.Equal((2, 1L, 2L), (swaps, report.Batch!.Generation, report.Counts.Silver));
    }

    [Fact]
    public async Task A_failure_before_the_swap_waits_for_the_rows()
    {
        var begun = false;
        using var consumer = await Consumer(
            new Interruption((_, call) => call == "Stage" && (begun = true), () => _held.Task),
            new Interruption((_, call) => call == "Read" && begun, () => throw new IOException("as planned")));
        var commit = consumer.Commit(Batch(), CancellationToken.None).AsTask();
        await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        Assert.True(begun);
        Assert.False(commit.IsCompleted);

        _held.SetResult();
        Assert.Equal("as planned", (await Assert.ThrowsAsync<IOException>(() => commit)).Message);
    }

    [Fact]
    public async Task Layers_that_are_merged_are_read_at_the_same_time()
    {
        var (isMerge, reads) = (false, 0);
        using var consumer = await Consumer(
            Pass(), new Interruption((_, call) => call == "Read" && isMerge && reads++ > 0, () => _held.Task));
        for (var generation = 1; generation < PaneLayers.FanIn; generation++)
        {
            await consumer.Commit(Batch(2 * generation), CancellationToken.None);
        }

        isMerge = true;
        var commit = consumer.Commit(Batch(2 * PaneLayers.FanIn), CancellationToken.None).AsTask();

        // The roll's head, and the layers of the batches before.
        Assert.Equal(1 + PaneLayers.FanIn - 1, reads);
        _held.SetResult();
        await commit;
        Assert.Single((await _stream.Head(Shard)).Panes);
    }

    [Fact]
    public async Task A_batch_whose_records_arrived_far_apart_is_committed_and_its_keys_are_known_after_a_cold_start()
    {
        // A backlog of a quiet shard: nearly each record has an expiry time, and so a segment, of its own.
        const int Records = 9_000;
        const long StepUs = 40 * SmallPipeline.SecondUs;
        var events = Enumerable.Range(1, Records).Select(i => new Event(i, $"e{i}", "k", SmallPipeline.StartUs));
        var records = SmallPipeline.Batch(Shard, SmallPipeline.StartUs, events).Records.Select((record, i) => record with { ArrivalTimeUs = SmallPipeline.StartUs + (i * StepUs) });
        using (var consumer = await _stream.Consumer(Shard))
        {
            var report = await consumer.Commit(new MicroBatch(Shard, [.. records]), CancellationToken.None);
            Assert.Equal(Records, report.Counts.Silver);
        }

        var item = Assert.Single(await _stream.Items(Shard));
        Assert.InRange(item.ToJson().Length, 1, IStateStore.BodyBytesMax / 10);

        using var again = _stream.Again(Shard);
        var lastUs = SmallPipeline.StartUs + (Records * StepUs);
        var copies = SmallPipeline.Batch(Shard, lastUs, new Event(Records + 1, $"e{Records}", "k", SmallPipeline.StartUs), new Event(Records + 2, "e1", "k", SmallPipeline.StartUs));
        var second = await again.Commit(copies, CancellationToken.None);
        Assert.Equal((1, 1), (second.Counts.Duplicates, second.Counts.Silver));
    }

    private static Interruption Pass() => new((_, _) => false, () => Task.CompletedTask);

    /// <summary>Calls of a name wait, until they need not.</summary>
    private Interruption Hold(string held) => new((_, call) => _isHeld && call == held, () => _held.Task);

    private static Interruption Fail(string failing) => new((_, call) => call == failing, () => throw new IOException("as planned"));

    private async Task<Task> Begin(Interruption objects, Interruption state)
    {
        var consumer = await Consumer(objects, state);
        return consumer.Commit(Batch(), CancellationToken.None).AsTask();
    }

    private async Task<ShardConsumer> Consumer(Interruption objects, Interruption state)
    {
        await _stream.Catalog.Register(new ShardEntry(Shard, []), CancellationToken.None);
        return new ShardConsumer(
            _stream.Pipeline, new ShardEntry(Shard, []), seed: 7, new InterruptedStateStore(_stream.State, state), new InterruptedObjectStore(_stream.Objects, objects), new CountedAttempts("p"));
    }

    private static MicroBatch Batch(int first = 1) => new(Shard, [Record(first, $"a{first}"), Record(first + 1, $"b{first}")]);

    private static StreamRecord Record(int sequence, string id) => new(
        SequenceNumber.From((UInt128)(ulong)sequence),
        Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","k":"k1","t":{{SmallPipeline.StartUs + (sequence * SmallPipeline.SecondUs)}}}"""),
        SmallPipeline.StartUs + (60 * SmallPipeline.SecondUs));

    /// <summary>Kinds of items of the shard.</summary>
    private async Task<List<string>> Staged()
    {
        var kinds = new List<string>();
        await foreach (var item in _stream.State.Query(StateKeys.ShardPk("s", Shard), "", "\uffff", CancellationToken.None))
        {
            kinds.Add(item.Sk.Split('#')[0]);
        }

        return kinds;
    }

    private async Task<List<ObjectInfo>> Objects()
    {
        var objects = new List<ObjectInfo>();
        await foreach (var item in _stream.Objects.List("_staged/", CancellationToken.None))
        {
            objects.Add(item);
        }

        return objects;
    }
}
