using CsCheck;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Redrive;

namespace StreamPipeline.Embedded.Tests.Redriving;

public sealed class RedriveConsumerTests
{
    private static readonly Pipeline _strict = TestStream.Compile(maximum: 10);
    private static readonly Pipeline _relaxed = TestStream.Compile(maximum: 1_000);

    private readonly TestStream _stream = new();

    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public async Task Quarantined_events_that_pass_now_are_in_silver_once_however_often_they_are_redriven()
    {
        await RunSource(("a", 1), ("b", 99), ("c", 98));
        var events = await _stream.Quarantined("s");
        Assert.Equal(["2", "3"], events.Select(e => e.Source));
        var first = await _stream.Redrive(_relaxed, "s").Commit(events, Never);
        Assert.Equal(new Counts(2, 2, 0, 0, 0), first.Counts);
        var again = await _stream.Redrive(_relaxed, "s").Commit(events, Never);
        Assert.Equal((default(Counts), 2L, null), (again.Counts, again.Replayed, again.Batch));
        Assert.Equal(["a", "b", "c"], await _stream.SilverIds());
        Assert.Equal(1, (await _stream.Redrive(_relaxed, "s").Commit([.. events, TestStream.Event("s", 9, "d", 5)], Never)).Counts.Silver);
        Assert.Equal("3", (await _stream.Head("redrive~s"))!.LastSequence);
    }

    [Fact]
    public async Task An_event_that_fails_again_is_quarantined_in_the_lane_and_can_be_redriven_from_there()
    {
        await RunSource(("a", 1), ("b", 99));
        var report = await _stream.Redrive(_strict, "s").Commit(await _stream.Quarantined("s"), Never);
        Assert.Equal(new Counts(1, 0, 0, 1, 0), report.Counts);
        var failed = await _stream.Quarantined("redrive~s");
        Assert.Equal(TestStream.ArrivalUs(2), Assert.Single(failed).ArrivalUs);
        Assert.Equal(1, (await _stream.Redrive(_relaxed, "redrive~s").Commit(failed, Never)).Counts.Silver);
        Assert.Equal(["a", "b"], await _stream.SilverIds());
    }

    [Fact]
    public async Task A_key_that_the_source_has_in_silver_is_a_duplicate_in_the_lane()
    {
        await RunSource(("a", 99), ("a", 1));
        Assert.Equal(1, (await _stream.Redrive(_relaxed, "s").Commit(await _stream.Quarantined("s"), Never)).Counts.Duplicates);
        Assert.Equal(["a"], await _stream.SilverIds());
    }

    [Fact]
    public async Task A_warm_consumer_of_the_source_loses_its_next_swap_and_sees_the_redriven_key()
    {
        using var source = await RunSource(("a", 1), ("b", 99));
        await _stream.Redrive(_relaxed, "s").Commit(await _stream.Quarantined("s"), Never);
        var report = await source.Commit(TestStream.Batch("s", 3, ("b", 1), ("c", 1)), Never);
        Assert.Equal(new Counts(2, 1, 1, 0, 0), report.Counts);
        Assert.Equal(["a", "b", "c"], await _stream.SilverIds());
        Assert.Equal(["redrive~s"], (await _stream.Head("s"))!.Ancestors);
        Assert.Equal(["batch", "attach", "batch"], (await _stream.Items("s")).Select(item => item.Kind));
    }

    [Fact]
    public async Task A_source_commit_just_before_the_redrives_swap_makes_the_redrive_look_again()
    {
        using var source = await RunSource(("a", 1), ("b", 99));
        var events = await _stream.Quarantined("s");
        var redrive = _stream.Redrive(_relaxed, "s");
        await redrive.Commit([TestStream.Event("s", 100, "x", 1)], Never);
        var isFirst = true;
        _stream.State.Before = async call =>
        {
            if (call == "Swap" && isFirst)
            {
                isFirst = false;
                await source.Commit(TestStream.Batch("s", 3, ("b", 1)), Never);
            }
        };
        var report = await redrive.Commit(events, Never);
        Assert.Equal(new Counts(1, 0, 1, 0, 0), report.Counts);
        Assert.Equal(["a", "b", "x"], await _stream.SilverIds());
    }

    [Fact]
    public async Task Of_two_redrives_of_the_same_events_one_redrives_each()
    {
        await RunSource(("a", 99), ("b", 99), ("c", 99));
        var events = await _stream.Quarantined("s");
        var isFirst = true;
        var other = default(BatchReport);
        _stream.State.Before = async call =>
        {
            if (call == "Swap" && isFirst)
            {
                isFirst = false;
                other = await _stream.Redrive(_relaxed, "s").Commit([events[1]], Never);
            }
        };
        var report = await _stream.Redrive(_relaxed, "s").Commit(events, Never);
        Assert.Equal((2L, 1L), (report.Counts.Silver, report.Replayed));
        Assert.Equal(1, other.Counts.Silver);
        Assert.Equal(["a", "b", "c"], await _stream.SilverIds());
    }

    [Fact]
    public async Task An_event_of_a_redrive_that_died_before_its_swap_is_not_taken_for_redriven()
    {
        await RunSource(("a", 99), ("b", 99), ("c", 99));
        var events = await _stream.Quarantined("s");
        var redrive = _stream.Redrive(_relaxed, "s");
        await redrive.Commit([events[0]], Never);
        _stream.State.Before = call => call == "Swap" ? throw new CrashException() : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<CrashException>(async () => await redrive.Commit([events[1]], Never));
        _stream.State.Before = null;
        await redrive.Commit([events[2]], Never);
        var last = await redrive.Commit(events, Never);
        Assert.Equal((1L, 2L), (last.Counts.Silver, last.Replayed));
        Assert.Equal(["a", "b", "c"], await _stream.SilverIds());
    }

    [Fact]
    public async Task A_redrive_that_got_no_answer_leaves_its_bronze_since_its_swap_may_yet_arrive()
    {
        await RunSource(("a", 99));
        var events = await _stream.Quarantined("s");
        var hasStaged = false;
        var unanswered = 0;
        _stream.State.Before = call =>
        {
            hasStaged |= call == "Put";
            return call == "Swap" && hasStaged && unanswered++ == 0 ? throw new StateUncertainException("no answer") : ValueTask.CompletedTask;
        };
        Assert.Equal(1, (await _stream.Redrive(_relaxed, "s").Commit(events, Never)).Counts.Silver);
        var bronze = 0;
        await foreach (var file in _stream.Objects.List("bronze/", Never))
        {
            bronze += file.Key.Contains("redrive~s", StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.Equal((2, 2), (unanswered, bronze));
    }

    [Fact]
    public async Task A_child_of_the_source_sees_the_redriven_keys_and_the_lane_sees_the_childs()
    {
        await RunSource(("a", 99), ("b", 99), ("c", 99));
        var events = await _stream.Quarantined("s");
        await _stream.Register("child", "s");
        await _stream.Redrive(_relaxed, "s").Commit([events[0]], Never);
        using var child = _stream.Consumer(_strict, "child", "s");
        Assert.Equal(new Counts(2, 1, 1, 0, 0), (await child.Commit(TestStream.Batch("child", 10, ("a", 1), ("b", 1)), Never)).Counts);
        Assert.Equal(new Counts(2, 1, 1, 0, 0), (await _stream.Redrive(_relaxed, "s").Commit(events.GetRange(1, 2), Never)).Counts);
        Assert.Equal(new Counts(2, 1, 1, 0, 0), (await child.Commit(TestStream.Batch("child", 12, ("c", 1), ("d", 1)), Never)).Counts);
        Assert.Equal(["a", "b", "c", "d"], await _stream.SilverIds());
    }

    [Fact]
    public async Task A_child_that_has_loaded_but_not_committed_sees_the_redriven_keys()
    {
        await RunSource(("a", 99));
        var events = await _stream.Quarantined("s");
        await _stream.Register("child", "s");
        using var child = _stream.Consumer(_strict, "child", "s");
        var redriven = false;
        _stream.State.Before = async call =>
        {
            // Its parents are final by the time it writes its segments.
            if (call == "Put" && !redriven)
            {
                redriven = true;
                await _stream.Redrive(_relaxed, "s").Commit(events, Never);
            }
        };
        Assert.Equal(new Counts(2, 1, 1, 0, 0), (await child.Commit(TestStream.Batch("child", 10, ("a", 1), ("b", 1)), Never)).Counts);
        Assert.Equal(["a", "b"], await _stream.SilverIds());
    }

    [Fact]
    public async Task The_lane_starts_at_the_sources_watermark_and_is_final_when_it_is_closed()
    {
        await RunSource(("a", 1), ("b", 99), ("c", 1));
        var redrive = _stream.Redrive(_relaxed, "s");
        await redrive.Commit(await _stream.Quarantined("s"), Never);
        Assert.Equal((TestStream.ArrivalUs(3), false), ((await _stream.Head("redrive~s"))!.WatermarkUs, (await _stream.Head("redrive~s"))!.Final));
        Assert.Equal(TestStream.ArrivalUs(3), (await _stream.Items("redrive~s"))[0].SealedWatermarkUs);
        await redrive.Close(Never);
        await redrive.Close(Never);
        Assert.True((await _stream.Head("redrive~s"))!.Final);
        Assert.Equal(["open", "batch", "final"], (await _stream.Items("redrive~s")).Select(item => item.Kind));
        await redrive.Commit([TestStream.Event("s", 50, "d", 1)], Never);
        Assert.False((await _stream.Head("redrive~s"))!.Final);
    }

    [Fact]
    public async Task Opening_a_lane_moves_the_rolls_head_so_that_a_roll_that_has_not_seen_it_is_lost()
    {
        await RunSource(("a", 1), ("b", 99));
        var before = await _stream.State.Read("ROLL#t", "HEAD", Never);
        await _stream.Redrive(_relaxed, "s").Commit(await _stream.Quarantined("s"), Never);
        Assert.Equal((before?.Version ?? 0) + 1, (await _stream.State.Read("ROLL#t", "HEAD", Never))!.Version);
    }

    [Fact]
    public async Task A_dry_run_tells_what_would_become_of_each_and_writes_nothing()
    {
        await RunSource(("a", 1), ("a", 99), ("b", 99), ("c", 5_000), ("b", 98));
        var events = await _stream.Quarantined("s");
        _stream.State.Before = call => call is "Read" or "Query" ? ValueTask.CompletedTask : throw new InvalidOperationException(call);
        _stream.Objects.OnChange = _ => { };
        using var trial = new RedriveTrial(_relaxed, "s", TestStream.Seed, _stream.State, _stream.Catalog, _stream.Attempts);
        var report = await trial.Judge(events.GetRange(0, 2), Never);
        Assert.Equal(new Counts(2, 1, 1, 0, 0), report.Counts);
        report = await trial.Judge(events, Never);
        Assert.Equal(new Counts(2, 0, 1, 1, 0), report.Counts);
        Assert.Equal(2, report.Replayed);
        Assert.Equal([KeyValuePair.Create("contract", 1L)], report.Reasons);
    }

    [Fact]
    public async Task Whatever_crashes_and_whoever_is_first_each_key_is_in_silver_once()
    {
        await Gen.Select(Gen.Int[0, 5], Gen.Int[0, 60], Gen.Bool).Array[1, 8].SampleAsync(Interleave, iter: 150, threads: 1);

        static async Task Interleave((int Key, int CallsUntilCrash, bool RedriveFirst)[] steps)
        {
            var stream = new TestStream();
            await stream.Register("s");
            var source = stream.Consumer(_strict, "s");
            await source.Commit(TestStream.Batch("s", 1, [.. Enumerable.Range(0, 6).Select(key => ($"k{key}", 99))]), Never);
            var events = await stream.Quarantined("s");
            var sequence = 100;
            foreach (var (key, calls, redriveFirst) in steps)
            {
                var left = calls;
                stream.State.Before = _ => left-- > 0 ? ValueTask.CompletedTask : throw new CrashException();
                var batch = TestStream.Batch("s", sequence, ($"k{key}", 1));
                sequence++;
                source = await Try(source, redriveFirst);
                stream.State.Before = null;
                source = await Try(source, !redriveFirst);

                async Task<ShardConsumer> Try(ShardConsumer consumer, bool redrive)
                {
                    try
                    {
                        if (redrive)
                        {
                            await stream.Redrive(_relaxed, "s").Commit([events[key]], Never);
                        }
                        else
                        {
                            await consumer.Commit(batch, Never);
                        }

                        return consumer;
                    }
                    catch (CrashException)
                    {
                        consumer.Dispose();
                        return stream.Consumer(_strict, "s");
                    }
                }
            }

            stream.State.Before = null;
            await stream.Redrive(_relaxed, "s").Commit(events, Never);
            source.Dispose();
            Assert.Equal(["k0", "k1", "k2", "k3", "k4", "k5"], await stream.SilverIds());
        }
    }

    private async Task<ShardConsumer> RunSource(params (string Id, int N)[] events)
    {
        await _stream.Register("s");
        var source = _stream.Consumer(_strict, "s");
        await source.Commit(TestStream.Batch("s", 1, events), Never);
        return source;
    }
}
