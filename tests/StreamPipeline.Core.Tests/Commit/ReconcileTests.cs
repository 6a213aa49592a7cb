using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Commit;

public sealed class ReconcileTests
{
    private const long Second = SmallPipeline.SecondUs;
    private const long Start = SmallPipeline.StartUs;
    private const long Midnight = ((Start / 86_400 / Second) + 1) * 86_400 * Second;

    private static readonly int _day = CivilDay.Of(Start);

    [Fact]
    public async Task Late_records_join_the_windows_that_are_closed_for_good_and_only_those()
    {
        var stream = new StreamFixture();
        await Late(stream);
        Assert.Equal([1, 1, 1], (await stream.GoldRows()).Values);
        var version = (await stream.Gold.Table.Open(CancellationToken.None)).Version;

        var report = Assert.Single(await Reconcile(stream, _day));
        Assert.Equal(new ReconcileReport("m", 2, 1, 1, 2), report);
        var gold = await stream.GoldRows();
        Assert.Equal([(Start, "k"), (Start, "other"), (Start + (20 * Second), "k"), (Start + (30 * Second), "k")], gold.Keys);
        Assert.Equal([2, 1, 1, 1], gold.Values);
        Assert.Equal(version + 1, (await stream.Gold.Table.Open(CancellationToken.None)).Version);

        var kept = ReconciledDay.Of(await stream.Gold.Table.Open(CancellationToken.None), _day)!;
        Assert.Equal(Start + (35 * Second), kept.ClosedThroughUs);
        Assert.Equal(2, kept.Generations["a"]);
        Assert.Null(ReconciledDay.Of(await stream.Gold.Table.Open(CancellationToken.None), _day + 1));
    }

    [Fact]
    public async Task Reconciling_again_commits_nothing_and_a_later_roll_keeps_what_was_folded_in()
    {
        var stream = new StreamFixture();
        var consumer = await Late(stream);
        await Reconcile(stream, _day);
        var version = (await stream.Gold.Table.Open(CancellationToken.None)).Version;
        Assert.Equal(0, Assert.Single(await Reconcile(stream, _day)).Changed);
        Assert.Equal(version, (await stream.Gold.Table.Open(CancellationToken.None)).Version);

        await consumer.Commit(SmallPipeline.Batch("a", Start, new Event(9, "z", "k", Start + (100 * Second))), CancellationToken.None);
        await stream.Roll.Run(closeAll: false, clock: null, CancellationToken.None);
        await stream.Close();
        Assert.Equal(2, (await stream.GoldRows())[(Start, "k")]);
    }

    [Fact]
    public async Task A_roll_that_was_under_way_does_not_undo_it()
    {
        var stream = new StreamFixture();
        using var consumer = await stream.Consumer("a");
        await consumer.Commit(SmallPipeline.Batch("a", Start, new Event(1, "a", "k", Start), new Event(2, "b", "k", Start + (35 * Second))), CancellationToken.None);
        await consumer.Commit(SmallPipeline.Batch("a", Start, new Event(3, "late", "k", Start + Second)), CancellationToken.None);
        var overtaken = false;
        stream.State.BeforeSwap = async writes =>
        {
            // The slow roll has opened the tables and is about to announce; a whole roll and a reconcile go by.
            if (writes[0].Item.Pk == "ROLL#s" && !overtaken)
            {
                overtaken = true;
                await stream.NewRoll(stream.State).Run(closeAll: false, clock: null, CancellationToken.None);
                await Reconcile(stream, _day);
            }
        };
        await stream.Roll.Run(closeAll: false, clock: null, CancellationToken.None);
        Assert.True(overtaken);
        Assert.Equal(2, (await stream.GoldRows())[(Start, "k")]);
    }

    [Fact]
    public async Task Windows_that_reach_over_midnight_take_records_of_both_days()
    {
        var stream = new StreamFixture(SmallPipeline.Yaml(every: "4s"));
        using var consumer = await stream.Consumer("a");
        await consumer.Commit(
            SmallPipeline.Batch(
                "a",
                Start,
                new Event(1, "a", "k", Midnight + (60 * Second)),
                new Event(2, "b", "k", Midnight - Second),
                new Event(3, "c", "k", Midnight + Second)),
            CancellationToken.None);
        await stream.Close();
        Assert.Equal(3, (await stream.GoldRows()).Values.Sum());
        await Reconcile(stream, CivilDay.Of(Midnight) - 1);
        await Reconcile(stream, CivilDay.Of(Midnight));

        var expected = new SortedDictionary<(long, string), long>();
        foreach (var time in new[] { Midnight - Second, Midnight + Second, Midnight + (60 * Second) })
        {
            for (var start = time - (time % (4 * Second)); start > time - (10 * Second); start -= 4 * Second)
            {
                expected[(start, "k")] = expected.GetValueOrDefault((start, "k")) + 1;
            }
        }

        Assert.Equal(expected, await stream.GoldRows());
    }

    [Fact]
    public async Task A_row_of_gold_that_was_changed_is_put_right_and_one_too_many_goes()
    {
        var stream = new StreamFixture();
        await Late(stream);
        await Reconcile(stream, _day);
        var good = await stream.GoldRows();

        // Gold as if the second window did not exist and the first belonged to another one.
        using var rows = await ParquetTableFile.Read(await stream.Objects.Get((await stream.Gold.Table.Open(CancellationToken.None)).Files[0].Path, CancellationToken.None), CancellationToken.None);
        await stream.Gold.ReplaceWindows(
            await stream.Gold.Table.Open(CancellationToken.None), RecordBatches.Empty(rows.Schema), new HashSet<long> { Start }, new Dictionary<string, string>(), CancellationToken.None);
        Assert.NotEqual(good, await stream.GoldRows());
        Assert.Equal(1, Assert.Single(await Reconcile(stream, _day)).Changed);
        Assert.Equal(good, await stream.GoldRows());
    }

    [Fact]
    public async Task Unknown_metrics_and_missing_silver_files_are_named()
    {
        var stream = new StreamFixture();
        await Late(stream);
        var unknown = await Assert.ThrowsAsync<ArgumentException>(() => Reconcile(stream, _day, "nope"));
        Assert.Contains("there is no metric 'nope'; pipeline.yaml has m", unknown.Message, StringComparison.Ordinal);

        await stream.FoldAll();
        var file = (await stream.Silver.Open(CancellationToken.None)).Files[0].Path;
        await stream.Objects.Delete(file, CancellationToken.None);
        var missing = await Assert.ThrowsAsync<InvalidDataException>(() => Reconcile(stream, _day));
        Assert.Contains(file, missing.Message, StringComparison.Ordinal);
    }

    /// <summary>Three windows, the last of them open but rolled by the end of a run, and two late records for the first.</summary>
    private static async Task<ShardConsumer> Late(StreamFixture stream)
    {
        var consumer = await stream.Consumer("a");
        await consumer.Commit(
            SmallPipeline.Batch("a", Start, new Event(1, "a", "k", Start), new Event(2, "b", "k", Start + (25 * Second)), new Event(3, "c", "k", Start + (35 * Second))), CancellationToken.None);
        var report = await consumer.Commit(
            SmallPipeline.Batch("a", Start, new Event(4, "d", "k", Start + Second), new Event(5, "e", "other", Start + (2 * Second))), CancellationToken.None);
        Assert.Equal(2, report.Counts.Late);
        await stream.Close();
        return consumer;
    }

    private static Task<IReadOnlyList<ReconcileReport>> Reconcile(StreamFixture stream, int day, string? metric = null) => new Reconcile(
        stream.Pipeline, stream.State, stream.Objects, stream.Catalog, stream.Fold, stream.Silver, new Dictionary<string, GoldTable> { ["m"] = stream.Gold })
        .Run(day, metric, CancellationToken.None);
}
