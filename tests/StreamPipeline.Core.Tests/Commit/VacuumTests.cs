using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Verification;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>Objects of the in-memory store are of 1970: how old they are is a matter of what time the vacuum is told.</summary>
public sealed class VacuumTests
{
    private static readonly long _grace = Vacuum.GraceDefault.Ticks / TimeSpan.TicksPerMicrosecond;

    private readonly StreamFixture _stream = new();
    private readonly CountedAttempts _attempts = new("v");

    [Fact]
    public async Task What_a_killed_attempt_left_goes_after_the_grace_period_and_not_before()
    {
        await Commit("s0", Row(1, "a", 1));
        await Kill("s0", Row(2, "b", 2));
        var orphan = Assert.Single((await Keys("_staged/")).Except([(await _stream.Items("s0"))[0].Silver!.Key]));

        Assert.Equal(0, (await Run(_grace - 1)).StagedObjects);
        var report = await Run(_grace);
        Assert.Equal((1, 1), (report.StagedObjects, report.Fenced));
        Assert.DoesNotContain(orphan, await Keys("_staged/"));

        await Commit("s0", Row(2, "b", 2));
        await AssertWhole(silver: 2);
    }

    [Fact]
    public async Task Rows_of_a_committed_batch_stay_until_they_are_folded()
    {
        await Commit("s0", Row(1, "a", 1));
        var report = await Run(long.MaxValue / 2);
        Assert.Equal(default, report);
        await AssertWhole(silver: 1);
    }

    [Fact]
    public async Task Staged_rows_that_a_killed_fold_did_not_delete_go()
    {
        await Commit("s0", Row(1, "a", 1));
        var key = (await _stream.Items("s0"))[0].Silver!.Key;
        var content = (await _stream.Objects.Get(key, TestContext.Current.CancellationToken))!;
        await _stream.FoldAll();
        await _stream.Objects.Put(key, content, TestContext.Current.CancellationToken);
        Assert.Equal(1, (await Run(_grace)).StagedObjects);
        Assert.Empty(await Keys("_staged/"));
        await AssertWhole(silver: 1);
    }

    [Fact]
    public async Task Files_of_a_table_version_that_another_committer_made_go_and_those_of_a_version_to_come_stay()
    {
        await Commit("s0", Row(1, "a", 1));
        await _stream.FoldAll();
        var version = (await _stream.Silver.Load(TestContext.Current.CancellationToken)).Version;
        string[] folders = ["silver/s/", "silver~s~", "silver~s2~", "gold~silver~s~"];
        foreach (var folder in folders)
        {
            await _stream.Objects.Put($"_staged/fold/{folder}{version:D20}-lost-0.parquet", new byte[] { 1 }, TestContext.Current.CancellationToken);
            await _stream.Objects.Put($"_staged/fold/{folder}{version + 1:D20}-writing-0.parquet", new byte[] { 1 }, TestContext.Current.CancellationToken);
        }

        var report = await Run(_grace);
        Assert.Equal((2, 2), (report.TableObjects, report.Bytes));
        var kept = folders.Select(folder => $"_staged/fold/{folder}{version + 1:D20}-writing-0.parquet");
        var others = folders[2..].Select(folder => $"_staged/fold/{folder}{version:D20}-lost-0.parquet");
        Assert.Equal([.. kept.Concat(others).Order(StringComparer.Ordinal)], await Keys("_staged/fold/"));
    }

    [Fact]
    public async Task A_version_that_is_committed_and_not_finished_keeps_its_files()
    {
        await Commit("s0", Row(1, "a", 1));
        var snapshot = TableSnapshot.None;
        for (var at = 0; !snapshot.Files.Any(file => file.Staged is not null); at++)
        {
            var kill = new Interruption(at, () => throw new CrashException());
            var objects = new InterruptedObjectStore(_stream.Objects, kill);
            var fold = new Fold(objects, new LakeTable(objects, "silver/s"), new LakeTable(objects, "quarantine/s"), _attempts);
            var batches = _stream.Batches.Unfolded(await _stream.Catalog.Shards(TestContext.Current.CancellationToken), new Dictionary<string, long>(), TestContext.Current.CancellationToken);
            await Assert.ThrowsAsync<CrashException>(() => fold.Run(batches, TestContext.Current.CancellationToken));
            snapshot = await _stream.Silver.Load(TestContext.Current.CancellationToken);
        }

        await Run(long.MaxValue / 2);
        Assert.Equal(snapshot.Files.Select(file => file.Staged), await Keys("_staged/fold/"));
        await AssertWhole(silver: 1);
    }

    [Fact]
    public async Task Panes_of_killed_attempts_go_and_named_ones_stay()
    {
        await Commit("s0", Row(1, "a", 1));
        await Kill("s0", Row(2, "b", 2));
        await Commit("s0", Row(2, "b", 2));
        Assert.Equal(1, (await Run(0)).PaneItems);
        Assert.Equal(0, (await Run(0)).PaneItems);
        await AssertWhole(silver: 2);
    }

    [Fact]
    public async Task Seen_segments_of_killed_attempts_go_and_those_of_live_batches_stay()
    {
        await Commit("s0", Row(1, "a", 1));
        await Kill("s0", Row(2, "b", 2));
        Assert.Equal(0, (await Run(0)).SeenSegments);
        await Commit("s0", Row(2, "b", 2));
        Assert.Equal(1, (await Run(0)).SeenSegments);
        await Commit("s0", Row(3, "a", 3), Row(4, "b", 4));
        Assert.Equal(2, (await _stream.Head("s0")).Totals.Duplicates);
    }

    [Fact]
    public async Task Seen_segments_expire_by_the_arrival_times_of_their_shard()
    {
        const long Hour = 3_600 * SmallPipeline.SecondUs;
        var farUs = SmallPipeline.StartUs + (1_000 * 24 * Hour);
        await Commit("s0", Row(1, "a", 1));
        Assert.Equal(0, (await Run(farUs)).SeenSegments);

        await CommitAt("s0", SmallPipeline.StartUs + (26 * Hour), Row(2, "b", 2));
        Assert.Equal(1, (await Run(farUs)).SeenSegments);
        await CommitAt("s0", SmallPipeline.StartUs + (26 * Hour), Row(3, "b", 2));
        Assert.Equal(1, (await _stream.Head("s0")).Totals.Duplicates);
    }

    [Fact]
    public async Task Seen_segments_of_a_split_shard_stay_for_the_child_that_has_not_begun()
    {
        const long Hour = 3_600 * SmallPipeline.SecondUs;
        await Commit("s0", Row(1, "a", 1));
        await CommitAt("left", ["s0"], SmallPipeline.StartUs + (100 * Hour), Row(2, "b", 2));
        Assert.True((await _stream.Head("s0")).Final);
        Assert.Equal(0, (await Run(SmallPipeline.StartUs + (7 * 24 * Hour), TimeSpan.Zero)).SeenSegments);

        await CommitAt("right", ["s0"], SmallPipeline.StartUs + SmallPipeline.SecondUs, Row(3, "a", 1));
        Assert.Equal(1, (await _stream.Head("right")).Totals.Duplicates);

        // Records of long ago, run today.
        Assert.Equal(0, (await Run(SmallPipeline.StartUs + (1_000 * 24 * Hour), TimeSpan.Zero)).SeenSegments);

        // The stream holds nothing that is as old, and all children have gone further.
        await CommitAt("right", ["s0"], SmallPipeline.StartUs + (100 * Hour), Row(4, "c", 2));
        Assert.Equal(0, (await Run(SmallPipeline.StartUs + (8 * 24 * Hour), TimeSpan.Zero)).SeenSegments);
        Assert.Equal(1, (await Run(SmallPipeline.StartUs + (9 * 24 * Hour), TimeSpan.Zero)).SeenSegments);
    }

    [Fact]
    public async Task A_dry_run_counts_the_same_and_changes_nothing()
    {
        await Commit("s0", Row(1, "a", 1));
        await Kill("s0", Row(2, "b", 2));
        var before = await Keys("");
        var dry = await new Vacuum(_stream.Pipeline, _stream.State, _stream.Objects, _stream.Catalog, _attempts)
            .Run(_grace, Vacuum.GraceDefault, dryRun: true, TestContext.Current.CancellationToken);
        Assert.Equal(1, dry.StagedObjects);
        Assert.Equal(before, await Keys(""));
        Assert.Equal(1, (await _stream.Head("s0")).Generation);
        Assert.Equal(dry.StagedObjects, (await Run(_grace)).StagedObjects);
    }

    /// <summary>A vacuum without any grace, at every moment of a commit: the attempt loses and starts over, and nothing that it commits is gone.</summary>
    [Fact]
    public async Task A_vacuum_at_any_moment_of_a_commit_costs_no_record()
    {
        for (var at = 0; ; at++)
        {
            var test = new VacuumTests();
            await test.Commit("s0", Row(1, "a", 1), Row(2, "b", 12));
            var interruption = new Interruption(at, async () => await test.Run(long.MaxValue / 2, TimeSpan.Zero));
            using var zombie = test.Consumer("s0", interruption);
            await zombie.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, Row(3, "c", 13), Row(4, "a", 14)), TestContext.Current.CancellationToken);
            if (interruption.Calls <= at)
            {
                Assert.True(at > 8);
                return;
            }

            await test.AssertWhole(silver: 3);
        }
    }

    /// <summary>The same for the fold and the roll, which have no attempt to lose.</summary>
    [Fact]
    public async Task A_vacuum_at_any_moment_of_a_fold_and_a_roll_costs_nothing()
    {
        for (var at = 0; ; at++)
        {
            var test = new VacuumTests();
            await test.Commit("s0", Row(1, "a", 1), Row(2, "b", 12));
            await test.Kill("s0", Row(3, "c", 13));
            await test.Commit("s0", Row(3, "c", 13));
            var interruption = new Interruption(at, async () => await test.Run(long.MaxValue / 2, TimeSpan.Zero));
            var objects = new InterruptedObjectStore(test._stream.Objects, interruption);
            var silver = new LakeTable(objects, "silver/s");
            var fold = new Fold(objects, silver, new LakeTable(objects, "quarantine/s"), test._attempts);
            await fold.Run(test._stream.Batches.Unfolded(await test._stream.Catalog.Shards(TestContext.Current.CancellationToken), new Dictionary<string, long>(), TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
            await test._stream.NewRoll(new InterruptedStateStore(test._stream.State, interruption)).Run(closeAll: true, clock: null, TestContext.Current.CancellationToken);
            if (interruption.Calls <= at)
            {
                Assert.True(at > 8);
                return;
            }

            await test.AssertWhole(silver: 3);
        }
    }

    private static Event Row(long sequence, string id, int second) => new(sequence, id, "x", SmallPipeline.StartUs + (second * SmallPipeline.SecondUs));

    private Task<VacuumReport> Run(long nowUs) => Run(nowUs, Vacuum.GraceDefault);

    private Task<VacuumReport> Run(long nowUs, TimeSpan grace) =>
        new Vacuum(_stream.Pipeline, _stream.State, _stream.Objects, _stream.Catalog, _attempts).Run(nowUs, grace, dryRun: false, default);

    private Task Commit(string shard, params Event[] events) => CommitAt(shard, SmallPipeline.StartUs, events);

    private Task CommitAt(string shard, long arrivalUs, params Event[] events) => CommitAt(shard, [], arrivalUs, events);

    private async Task CommitAt(string shard, string[] parents, long arrivalUs, params Event[] events)
    {
        await _stream.Catalog.Open(7, default);
        using var consumer = await _stream.Consumer(shard, parents);
        await consumer.Commit(SmallPipeline.Batch(shard, arrivalUs, events), default);
    }

    /// <summary>A process that has written all it has to and is killed right before its swap.</summary>
    private async Task Kill(string shard, params Event[] events)
    {
        using var consumer = Consumer(shard, new Interruption((_, name) => name == nameof(IStateStore.Swap), () => throw new CrashException()));
        await Assert.ThrowsAsync<CrashException>(async () => await consumer.Commit(SmallPipeline.Batch(shard, SmallPipeline.StartUs, events), default));
    }

    private ShardConsumer Consumer(string shard, Interruption interruption) => new(
        _stream.Pipeline,
        new ShardEntry(shard, []),
        7,
        new InterruptedStateStore(_stream.State, interruption),
        new InterruptedObjectStore(_stream.Objects, interruption),
        _attempts);

    private async Task<List<string>> Keys(string prefix)
    {
        var keys = new List<string>();
        await foreach (var item in _stream.Objects.List(prefix, default))
        {
            keys.Add(item.Key);
        }

        return keys;
    }

    /// <summary>Folds and rolls what there is, and recounts it.</summary>
    private async Task AssertWhole(int silver)
    {
        await _stream.FoldAll();
        await _stream.Close();
        var report = await new Verify(_stream.Pipeline, _stream.State, _stream.Objects, _stream.Catalog).Run(null, default);
        Assert.Empty(report.Checks.Where(check => !check.IsOk).SelectMany(check => check.Examples.Prepend(check.Name)));
        Assert.Equal(silver, report.Checks.Single(check => check.Name == "silver rows").Found);
    }
}
