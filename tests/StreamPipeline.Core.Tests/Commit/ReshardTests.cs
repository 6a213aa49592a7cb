using StreamPipeline.Core.Commit;

namespace StreamPipeline.Core.Tests.Commit;

public sealed class ReshardTests
{
    private const long Second = SmallPipeline.SecondUs;
    private const long Start = SmallPipeline.StartUs;

    [Fact]
    public async Task A_child_makes_its_parent_final_and_knows_its_keys_and_its_watermark()
    {
        var stream = new StreamFixture();
        using var parent = await stream.Consumer("p");
        await parent.Commit(SmallPipeline.Batch("p", Start, new Event(1, "a", "x", Start + (25 * Second))), CancellationToken.None);
        using var child = await stream.Consumer("c", "p");
        var report = await child.Commit(SmallPipeline.Batch("c", Start, new Event(1, "a", "x", Start), new Event(2, "b", "x", Start + Second)), CancellationToken.None);

        Assert.Equal(new Counts(2, 1, 1, 0, 1), report.Counts);
        Assert.True((await stream.Head("p")).Final);
        Assert.Equal(BatchKind.Final, (await stream.Items("p"))[1].Kind);
        Assert.Equal(["p"], (await stream.Head("c")).Ancestors);
        Assert.Equal(Start + (25 * Second), (await stream.Head("c")).WatermarkUs);
        Assert.Equal(Start + (25 * Second), (await stream.Items("c"))[0].SealedWatermarkUs);
    }

    [Fact]
    public async Task A_final_shard_answers_replays_and_refuses_records_without_dropping_them()
    {
        var stream = new StreamFixture();
        using var parent = await stream.Consumer("p");
        var replay = SmallPipeline.Batch("p", Start, new Event(1, "a", "x", Start));
        await parent.Commit(replay, CancellationToken.None);
        using var child = await stream.Consumer("c", "p");
        await child.Commit(SmallPipeline.Batch("c", Start, new Event(1, "b", "x", Start)), CancellationToken.None);

        // The one that still remembers the head before, and one that does not.
        foreach (var late in new[] { parent, stream.Again("p") })
        {
            var error = await Assert.ThrowsAsync<ShardFinalException>(async () =>
                await late.Commit(SmallPipeline.Batch("p", Start, new Event(1, "a", "x", Start), new Event(2, "z", "x", Start)), CancellationToken.None));
            Assert.Contains("shard p of stream s is final at sequence number 1", error.Message, StringComparison.Ordinal);
            Assert.Equal(1, (await late.Commit(replay, CancellationToken.None)).Replayed);
        }

        Assert.Equal("1", (await stream.Head("p")).LastSequence);
        Assert.Equal(["a", "b"], (await stream.SilverRows()).Select(row => row.Id).Order());
    }

    [Fact]
    public async Task A_parent_without_records_is_made_final_too_and_passes_on_what_its_parents_left()
    {
        var stream = new StreamFixture();
        using var oldest = await stream.Consumer("a");
        await oldest.Commit(SmallPipeline.Batch("a", Start, new Event(1, "x", "k", Start + (5 * Second))), CancellationToken.None);
        using var silent = await stream.Consumer("b", "a");
        using var child = await stream.Consumer("c", "b", "never-seen");
        var report = await child.Commit(SmallPipeline.Batch("c", Start, new Event(1, "x", "k", Start)), CancellationToken.None);

        Assert.Equal(1, report.Counts.Duplicates);
        Assert.True((await stream.Head("b")).Final);
        Assert.Null((await stream.Head("b")).LastSequence);
        Assert.Equal(Start + (5 * Second), (await stream.Head("b")).WatermarkUs);
        await Assert.ThrowsAsync<ShardFinalException>(async () => await silent.Commit(SmallPipeline.Batch("b", Start, new Event(1, "y", "k", Start)), CancellationToken.None));
    }

    [Fact]
    public async Task A_commit_of_the_parent_between_the_look_and_the_swap_is_seen_by_the_child()
    {
        var stream = new StreamFixture();
        using var parent = await stream.Consumer("p");
        await parent.Commit(SmallPipeline.Batch("p", Start, new Event(1, "a", "x", Start)), CancellationToken.None);
        using var child = await stream.Consumer("c", "p");
        var swaps = 0;
        stream.State.BeforeSwap = async writes =>
        {
            if (writes[0].Item.Pk == "SHARD#s#p" && swaps++ == 0)
            {
                await parent.Commit(SmallPipeline.Batch("p", Start, new Event(2, "b", "x", Start + Second)), CancellationToken.None);
            }
        };
        var report = await child.Commit(SmallPipeline.Batch("c", Start, new Event(1, "b", "x", Start)), CancellationToken.None);

        Assert.Equal(1, report.Counts.Duplicates);
        Assert.Equal(Start + Second, (await stream.Head("c")).WatermarkUs);
        Assert.Equal(3, (await stream.Head("p")).Generation);
    }

    [Fact]
    public async Task A_final_shard_does_not_hold_windows_open_and_its_panes_still_count()
    {
        var stream = new StreamFixture();
        using var parent = await stream.Consumer("p");
        await parent.Commit(SmallPipeline.Batch("p", Start, new Event(1, "a", "k", Start)), CancellationToken.None);
        using var left = await stream.Consumer("l", "p");
        await stream.Consumer("r", "p");
        await left.Commit(SmallPipeline.Batch("l", Start, new Event(1, "b", "k", Start + Second), new Event(2, "c", "k", Start + (15 * Second))), CancellationToken.None);

        // The other child has no head yet and counts with what it will inherit.
        await stream.Roll.Run(closeAll: false, clock: null, CancellationToken.None);
        Assert.Empty(await stream.GoldRows());
        using var right = await stream.Consumer("r", "p");
        await right.Commit(SmallPipeline.Batch("r", Start, new Event(1, "d", "k", Start + (15 * Second))), CancellationToken.None);
        await stream.Roll.Run(closeAll: false, clock: null, CancellationToken.None);
        Assert.Equal(2, Assert.Single(await stream.GoldRows()).Value);
    }

    [Fact]
    public async Task Children_without_records_do_not_hold_windows_open_before_their_parent_has_ended()
    {
        var stream = new StreamFixture();
        using var parent = await stream.Consumer("p");
        await parent.Commit(SmallPipeline.Batch("p", Start, new Event(1, "a", "k", Start)), CancellationToken.None);
        await stream.Consumer("c", "p");
        await parent.Commit(SmallPipeline.Batch("p", Start, new Event(2, "b", "k", Start + (15 * Second))), CancellationToken.None);
        await stream.Roll.Run(closeAll: false, clock: null, CancellationToken.None);
        Assert.Equal((Start, "k"), Assert.Single(await stream.GoldRows()).Key);
    }

    [Fact]
    public async Task Fifty_reshards_in_a_row_lose_nothing_and_forget_ancestors_that_have_expired()
    {
        var stream = new StreamFixture();
        var longest = 0;
        string[] parents = [];
        for (var n = 0; n < 50; n++)
        {
            // 12 minutes apart; keys live for an hour, and two more of slack and rounding.
            var arrivalUs = Start + (n * 720 * Second);
            using var consumer = await stream.Consumer($"shard{n}", parents);
            var report = await consumer.Commit(SmallPipeline.Batch($"shard{n}", arrivalUs, new Event(1, $"id{n}", "k", Start), new Event(2, $"id{Math.Max(0, n - 5)}", "k", Start)), CancellationToken.None);
            Assert.Equal(new Counts(2, 1, 1, 0, 0), report.Counts);
            longest = Math.Max(longest, (await stream.Head($"shard{n}")).Ancestors.Count);
            parents = [$"shard{n}"];
        }

        Assert.InRange(longest, 5, 16);
        Assert.Equal(50, (await stream.SilverRows()).Count);
        await stream.Close();
        Assert.Equal(50, (await stream.GoldRows()).Values.Sum());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_shard_that_joins_while_a_roll_is_under_way_does_not_lose_a_window(int swapsBefore)
    {
        var stream = new StreamFixture();
        using var busy = await stream.Consumer("busy");
        await busy.Commit(SmallPipeline.Batch("busy", Start, new Event(1, "a", "k", Start), new Event(2, "b", "k", Start + (35 * Second))), CancellationToken.None);
        var swaps = 0;
        stream.State.BeforeSwap = async writes =>
        {
            // The roll has read all heads and is about to announce, or to close, three windows; an original shard appears with a record for one.
            if (writes[0].Item.Pk == "ROLL#s" && swaps++ == swapsBefore)
            {
                using var late = await stream.Consumer("new");
                await late.Commit(SmallPipeline.Batch("new", Start, new Event(1, "c", "k", Start + (15 * Second))), CancellationToken.None);
            }
        };
        await stream.Roll.Run(closeAll: false, clock: null, CancellationToken.None);
        stream.State.BeforeSwap = null;
        await stream.Close();
        Assert.Equal(swapsBefore, (await stream.Head("new")).Totals.Late);
        Assert.Equal(3 - swapsBefore, (await stream.GoldRows()).Values.Sum());
    }

    [Fact]
    public async Task An_original_shard_that_joins_later_starts_where_gold_is_closed()
    {
        var stream = new StreamFixture();
        using var first = await stream.Consumer("first");
        await first.Commit(SmallPipeline.Batch("first", Start, new Event(1, "a", "k", Start + (35 * Second))), CancellationToken.None);
        await stream.Roll.Run(closeAll: false, clock: null, CancellationToken.None);
        using var second = await stream.Consumer("second");
        var report = await second.Commit(SmallPipeline.Batch("second", Start, new Event(1, "b", "k", Start), new Event(2, "c", "k", Start + (40 * Second))), CancellationToken.None);

        Assert.Equal(1, report.Counts.Late);
        Assert.Equal(Start + (35 * Second), report.Batch!.SealedWatermarkUs);
    }
}
