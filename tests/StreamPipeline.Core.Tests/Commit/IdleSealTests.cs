using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Commit;

public sealed class IdleSealTests
{
    private const long Second = SmallPipeline.SecondUs;
    private const long Start = SmallPipeline.StartUs;
    private const long Minute = 60 * Second;

    [Fact]
    public async Task An_idle_shard_is_sealed_to_the_least_of_the_others_and_their_windows_close()
    {
        var stream = new StreamFixture();
        using var idle = await stream.Consumer("idle");
        using var busy = await stream.Consumer("busy");
        await idle.Commit(SmallPipeline.Batch("idle", Start, new Event(1, "a", "k", Start)), CancellationToken.None);
        await Push(busy, 1, Start + (25 * Second));
        await RollAt(stream, Start);
        Assert.Empty(await stream.GoldRows());

        await Push(busy, 2, Start + (35 * Second));
        using var ahead = await stream.Consumer("ahead");
        await ahead.Commit(SmallPipeline.Batch("ahead", Start, new Event(1, "z", "k", Start + (55 * Second))), CancellationToken.None);
        var report = await RollAt(stream, Start + Minute);
        Assert.Equal(1, report.Sealed);
        Assert.Equal(Start + (35 * Second), (await stream.Head("idle")).WatermarkUs);
        Assert.Equal(BatchKind.Seal, (await stream.Items("idle"))[1].Kind);
        Assert.Equal(Start + (35 * Second), (await stream.Items("idle"))[1].SealedWatermarkUs);
        Assert.Equal([Start, Start + (20 * Second)], (await stream.GoldRows()).Keys.Select(row => row.StartUs));

        // Its consumer remembers another head: it loses the swap, reloads, and is late by its own watermark.
        var late = await idle.Commit(SmallPipeline.Batch("idle", Start, new Event(2, "b", "k", Start + Second), new Event(3, "c", "k", Start + (36 * Second))), CancellationToken.None);
        Assert.Equal(new Counts(2, 2, 0, 0, 1), late.Counts);
        Assert.Equal(3, (await stream.Head("idle")).Generation);
    }

    [Fact]
    public async Task A_sealed_shard_stays_idle_until_it_commits_again()
    {
        var stream = new StreamFixture();
        using var idle = await stream.Consumer("idle");
        using var busy = await stream.Consumer("busy");
        await idle.Commit(SmallPipeline.Batch("idle", Start, new Event(1, "a", "k", Start)), CancellationToken.None);
        for (var n = 0; n < 5; n++)
        {
            await Push(busy, n + 1, Start + (n * 20 * Second));
            await RollAt(stream, Start + (n * Minute));
        }

        Assert.Equal(5, (await stream.Head("idle")).Generation);
        await idle.Commit(SmallPipeline.Batch("idle", Start, new Event(2, "b", "k", Start + (90 * Second))), CancellationToken.None);
        await Push(busy, 9, Start + (200 * Second));
        Assert.Equal(0, (await RollAt(stream, Start + (5 * Minute))).Sealed);
        Assert.Equal(Start + (90 * Second), (await stream.Head("idle")).WatermarkUs);
    }

    [Fact]
    public async Task A_shard_that_brings_nothing_valid_does_not_hold_the_others_back()
    {
        var stream = new StreamFixture();
        using var broken = await stream.Consumer("broken");
        using var busy = await stream.Consumer("busy");
        for (var n = 0; n < 5; n++)
        {
            await broken.Commit(new MicroBatch("broken", [new StreamRecord(SequenceNumber.From((UInt128)(n + 1)), "{}"u8.ToArray(), Start)]), CancellationToken.None);
            await Push(busy, n + 1, Start + (n * 20 * Second));
            await RollAt(stream, Start + (n * Minute));
        }

        Assert.Equal([Start, Start + (20 * Second), Start + (40 * Second), Start + (60 * Second)], (await stream.GoldRows()).Keys.Select(row => row.StartUs));
        Assert.Equal(new Counts(5, 0, 0, 5, 0), (await stream.Head("broken")).Totals);

        // A copy is valid: its shard is not idle.
        await broken.Commit(SmallPipeline.Batch("broken", Start, new Event(11, "x", "k", Start + (80 * Second))), CancellationToken.None);
        await RollAt(stream, Start + (5 * Minute));
        await broken.Commit(SmallPipeline.Batch("broken", Start, new Event(12, "x", "k", Start + (80 * Second))), CancellationToken.None);
        await Push(busy, 9, Start + (200 * Second));
        Assert.Equal(0, (await RollAt(stream, Start + (6 * Minute))).Sealed);
    }

    [Fact]
    public async Task When_all_shards_are_idle_they_are_sealed_to_the_greatest()
    {
        var stream = new StreamFixture();
        using var a = await stream.Consumer("a");
        using var b = await stream.Consumer("b");
        await stream.Consumer("never");
        await a.Commit(SmallPipeline.Batch("a", Start, new Event(1, "a", "k", Start)), CancellationToken.None);
        await b.Commit(SmallPipeline.Batch("b", Start, new Event(1, "b", "k", Start + (15 * Second))), CancellationToken.None);
        await RollAt(stream, Start);
        Assert.Equal(2, (await RollAt(stream, Start + Minute)).Sealed);
        Assert.Equal(Start + (15 * Second), (await stream.Head("a")).WatermarkUs);
        Assert.Equal(Start + (15 * Second), (await stream.Head("never")).WatermarkUs);
        Assert.Null((await stream.Head("never")).LastSequence);
        Assert.Equal(1, (await stream.GoldRows()).Values.Sum());
        Assert.Equal(0, (await RollAt(stream, Start + (2 * Minute))).Sealed);
    }

    [Fact]
    public async Task A_seal_that_meets_a_commit_leaves_the_commit()
    {
        var stream = new StreamFixture();
        using var idle = await stream.Consumer("idle");
        using var busy = await stream.Consumer("busy");
        await idle.Commit(SmallPipeline.Batch("idle", Start, new Event(1, "a", "k", Start)), CancellationToken.None);
        await RollAt(stream, Start);
        await Push(busy, 1, Start + (35 * Second));
        await RollAt(stream, Start + (30 * Second));
        await Push(busy, 2, Start + (45 * Second));
        var met = false;
        stream.State.BeforeSwap = async writes =>
        {
            if (writes[0].Item.Pk == "SHARD#s#idle" && !met)
            {
                met = true;
                await idle.Commit(SmallPipeline.Batch("idle", Start, new Event(2, "b", "k", Start + Second)), CancellationToken.None);
            }
        };
        await RollAt(stream, Start + Minute);
        Assert.True(met);
        var head = await stream.Head("idle");
        Assert.Equal(2, head.Totals.Silver);
        Assert.Equal(0, head.Totals.Late);
        Assert.Equal([BatchKind.Batch, BatchKind.Batch], (await stream.Items("idle")).Select(item => item.Kind));
        Assert.Equal(Start + Second, head.WatermarkUs);
    }

    [Fact]
    public async Task A_child_without_records_does_not_end_its_parents_by_being_sealed()
    {
        var stream = new StreamFixture();
        using var parent = await stream.Consumer("p");
        using var busy = await stream.Consumer("busy");
        await parent.Commit(SmallPipeline.Batch("p", Start, new Event(1, "a", "k", Start)), CancellationToken.None);
        await stream.Consumer("c", "p");
        await RollAt(stream, Start);
        await Push(busy, 1, Start + (35 * Second));
        Assert.Equal(1, (await RollAt(stream, Start + Minute)).Sealed);
        Assert.False((await stream.Head("p")).Final);
        Assert.Null(await stream.Batches.Head("c", CancellationToken.None));
        await parent.Commit(SmallPipeline.Batch("p", Start, new Event(2, "b", "k", Start + (36 * Second))), CancellationToken.None);
        await stream.Close();
        Assert.Equal(3, (await stream.GoldRows()).Values.Sum());
    }

    [Fact]
    public async Task Idle_timeout_zero_seals_nothing()
    {
        var stream = new StreamFixture(SmallPipeline.Yaml(idle: "0s"));
        using var idle = await stream.Consumer("idle");
        using var busy = await stream.Consumer("busy");
        await idle.Commit(SmallPipeline.Batch("idle", Start, new Event(1, "a", "k", Start)), CancellationToken.None);
        await RollAt(stream, Start);
        await Push(busy, 1, Start + (35 * Second));
        Assert.Equal(0, (await RollAt(stream, Start + (500 * Minute))).Sealed);
    }

    private static async Task Push(ShardConsumer consumer, long sequence, long timeUs) =>
        await consumer.Commit(SmallPipeline.Batch("busy", Start, new Event(sequence, $"busy{sequence}", "k", timeUs)), CancellationToken.None);

    private static Task<RollReport> RollAt(StreamFixture stream, long nowUs) => stream.Roll.Run(closeAll: false, new SealClock(nowUs, long.MinValue), CancellationToken.None).AsTask();
}
