using CsCheck;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Embedded.Tests.Redriving;

namespace StreamPipeline.Embedded.Tests.Dedup;

/// <summary><c>dedup.scope: stream</c>, end to end over the commit.</summary>
public sealed class StreamScopeTests
{
    private const int Day = 86_400;

    private static readonly Pipeline _pipeline = TestStream.Compile(maximum: 10, DedupScope.Stream);
    private static readonly Pipeline _relaxed = TestStream.Compile(maximum: 1_000, DedupScope.Stream);

    /// <summary>A batch of one record is gated.</summary>
    private static readonly Pipeline _gated = TestStream.Compile(maximum: 10, DedupScope.Stream, gate: true);

    private readonly TestStream _stream = new();

    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public async Task Copies_on_two_shards_are_in_silver_once()
    {
        using var a = await Consumer("a");
        using var b = await Consumer("b");
        Assert.Equal(new Counts(3, 2, 1, 0, 0), (await a.Commit(TestStream.Batch("a", 1, ("x", 1), ("y", 1), ("x", 2)), Never)).Counts);
        Assert.Equal(new Counts(3, 1, 2, 0, 0), (await b.Commit(TestStream.Batch("b", 1, ("y", 1), ("x", 1), ("z", 1)), Never)).Counts);
        Assert.Equal(["x", "y", "z"], await _stream.SilverIds());
    }

    [Fact]
    public async Task A_copy_beyond_the_horizon_is_an_event_of_its_own()
    {
        using var a = await Consumer("a");
        using var b = await Consumer("b");
        await a.Commit(TestStream.Batch("a", 1, ("x", 1)), Never);
        Assert.Equal(1, (await b.Commit(TestStream.Batch("b", 86_000, ("x", 1)), Never)).Counts.Duplicates);
        Assert.Equal(1, (await b.Commit(TestStream.Batch("b", 90_000, ("x", 1)), Never)).Counts.Silver);
    }

    [Fact]
    public async Task A_broken_copy_claims_nothing()
    {
        using var a = await Consumer("a");
        using var b = await Consumer("b");
        await a.Commit(TestStream.Batch("a", 1, ("x", 99)), Never);
        Assert.Equal(1, (await b.Commit(TestStream.Batch("b", 1, ("x", 1)), Never)).Counts.Silver);
    }

    [Fact]
    public async Task A_replay_after_a_crash_between_claim_and_swap_gets_its_keys_again()
    {
        await CrashAfterClaim(_pipeline, TestStream.Batch("a", 1, ("x", 1), ("y", 1)));
        using var again = _stream.Consumer(_pipeline, "a");
        Assert.Equal(new Counts(2, 2, 0, 0, 0), (await again.Commit(TestStream.Batch("a", 1, ("x", 1), ("y", 1)), Never)).Counts);
        Assert.Equal(["x", "y"], await _stream.SilverIds());
    }

    [Fact]
    public async Task A_claim_of_an_attempt_that_died_bars_no_copy_on_another_shard()
    {
        await CrashAfterClaim(_pipeline, TestStream.Batch("a", 1, ("x", 1)));
        using var b = await Consumer("b");
        Assert.Equal(1, (await b.Commit(TestStream.Batch("b", 1, ("x", 1)), Never)).Counts.Silver);
        using var again = _stream.Consumer(_pipeline, "a");
        Assert.Equal(1, (await again.Commit(TestStream.Batch("a", 1, ("x", 1)), Never)).Counts.Duplicates);
        Assert.Equal(["x"], await _stream.SilverIds());
        Assert.Equal(["fence", "batch"], (await _stream.Items("a")).Select(item => item.Kind));
    }

    [Fact]
    public async Task A_batch_that_is_cut_again_and_then_gated_does_not_keep_its_keys_from_later_copies()
    {
        await CrashAfterClaim(_gated, TestStream.Batch("a", 1, ("x", 1), ("y", 1)));
        using var again = _stream.Consumer(_gated, "a");
        Assert.Equal(1, (await again.Commit(TestStream.Batch("a", 1, ("x", 1)), Never)).Counts.Quarantined);
        Assert.Equal(new Counts(2, 2, 0, 0, 0), (await again.Commit(TestStream.Batch("a", 2, ("y", 1), ("x", 1)), Never)).Counts);
        Assert.Equal(["x", "y"], await _stream.SilverIds());
    }

    [Fact]
    public async Task A_zombie_whose_claim_was_taken_over_commits_nothing()
    {
        using var a = await Consumer("a");
        using var b = await Consumer("b");
        var other = default(BatchReport);
        _stream.State.Before = async call =>
        {
            if (call == "Put")
            {
                // a has claimed x and is about to write its segments and swap.
                _stream.State.Before = null;
                other = await b.Commit(TestStream.Batch("b", 1, ("x", 1)), Never);
            }
        };
        Assert.Equal(new Counts(1, 0, 1, 0, 0), (await a.Commit(TestStream.Batch("a", 1, ("x", 1)), Never)).Counts);
        Assert.Equal(1, other.Counts.Silver);
        Assert.Equal(["x"], await _stream.SilverIds());
    }

    [Fact]
    public async Task A_redriven_event_claims_its_key_over_all_shards()
    {
        using var a = await Consumer("a");
        using var b = await Consumer("b");
        await a.Commit(TestStream.Batch("a", 1, ("x", 99), ("y", 99)), Never);
        await b.Commit(TestStream.Batch("b", 1, ("x", 1)), Never);
        var events = await _stream.Quarantined("a");
        Assert.Equal(new Counts(2, 1, 1, 0, 0), (await _stream.Redrive(_relaxed, "a").Commit(events, Never)).Counts);
        Assert.Equal(1, (await b.Commit(TestStream.Batch("b", 2, ("y", 1)), Never)).Counts.Duplicates);
        Assert.Equal(["x", "y"], await _stream.SilverIds());
        Assert.Equal(["batch"], (await _stream.Items("a")).Select(item => item.Kind));
    }

    [Fact]
    public async Task Claims_that_are_expired_for_all_that_may_still_come_go_and_no_others()
    {
        using var a = await Consumer("a");
        using var b = await Consumer("b");
        await a.Commit(TestStream.Batch("a", 1, ("x", 1)), Never);
        await b.Commit(TestStream.Batch("b", 1, ("y", 1)), Never);
        await a.Commit(TestStream.Batch("a", 3 * Day, ("z", 1)), Never);

        // b may still bring a copy of x.
        Assert.Equal(0, await Vacuum(30 * Day));
        Assert.Equal(1, (await b.Commit(TestStream.Batch("b", 2, ("x", 1)), Never)).Counts.Duplicates);
        Assert.Equal(1, (await b.Commit(TestStream.Batch("b", 3 * Day, ("x", 1)), Never)).Counts.Silver);

        // A shard that nobody knows yet may bring what waits in the stream.
        Assert.Equal(0, await Vacuum(9 * Day));
        Assert.Equal(1, await Vacuum(12 * Day, dryRun: true));
        Assert.Equal(1, await Vacuum(12 * Day));
        Assert.Equal(2, await Claims());
        Assert.Equal(1, (await a.Commit(TestStream.Batch("a", (3 * Day) + 1, ("x", 1)), Never)).Counts.Duplicates);
        Assert.Equal(1, (await b.Commit(TestStream.Batch("b", (3 * Day) + 1, ("z", 1)), Never)).Counts.Duplicates);
    }

    [Fact]
    public async Task Claims_are_looked_through_four_times_in_a_horizon()
    {
        using var a = await Consumer("a");
        await a.Commit(TestStream.Batch("a", 1, ("x", 1)), Never);
        await a.Commit(TestStream.Batch("a", 2 * Day, ("y", 1)), Never);
        Assert.Equal(0, await Vacuum(30 * Day));
        await a.Commit(TestStream.Batch("a", (2 * Day) + (Day / 5), ("z", 1)), Never);
        Assert.Equal(0, await Vacuum(30 * Day));
        await a.Commit(TestStream.Batch("a", (2 * Day) + (Day / 3), ("u", 1)), Never);
        Assert.Equal(1, await Vacuum(30 * Day));
        Assert.Equal(3, await Claims());
    }

    /// <summary>By arrival times they are expired for some records and not for others, which a store that goes by the clock does not know.</summary>
    [Fact]
    public async Task A_claim_is_kept_for_copies_that_wait_in_the_stream_and_still_expires_when_it_did()
    {
        using var a = await Consumer("a");
        await a.Commit(TestStream.Batch("a", 0, ("x", 1)), Never);
        var claim = Assert.Single(await AllClaims());
        Assert.Equal((TestStream.ArrivalUs(Day), TestStream.ArrivalUs(8 * Day) - TestStream.ArrivalUs(0)), (claim.ExpiresAtUs, claim.StoredLongerUs));
    }

    [Fact]
    public async Task Whoever_crashes_wherever_each_key_is_in_silver_exactly_once()
    {
        await Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3].Array[1, 4], Gen.Int[0, 25], Gen.Int[0, 40]).Array[1, 8]
            .SampleAsync(Interleave, iter: 150, threads: 1);

        static async Task Interleave((int Shard, int[] Keys, int CallsUntilOther, int CallsUntilCrash)[] steps)
        {
            var stream = new TestStream();
            foreach (var shard in (string[])["0", "1", "2"])
            {
                await stream.Register(shard);
            }

            var sequence = 1;
            foreach (var (shard, keys, untilOther, untilCrash) in steps)
            {
                var batch = TestStream.Batch($"{shard}", sequence, [.. keys.Select(key => ($"k{key}", 1))]);
                var rival = TestStream.Batch($"{(shard + 1) % 3}", sequence, [.. keys.Reverse().Select(key => ($"k{key}", 1))]);
                sequence += 10;
                var (other, crash) = (untilOther, untilCrash);
                stream.State.Before = async _ =>
                {
                    if (other-- == 0)
                    {
                        var hook = stream.State.Before;
                        stream.State.Before = null;
                        await Run(stream, rival);
                        stream.State.Before = hook;
                    }

                    if (crash-- == 0)
                    {
                        throw new CrashException();
                    }
                };
                await Run(stream, batch);
                stream.State.Before = null;
                await Run(stream, batch);
                await Run(stream, rival);
            }

            var ids = steps.SelectMany(step => step.Keys).Distinct().Select(key => $"k{key}").Order(StringComparer.Ordinal);
            Assert.Equal(ids, await stream.SilverIds());
        }

        static async Task Run(TestStream stream, Core.Decoding.MicroBatch batch)
        {
            using var consumer = stream.Consumer(_pipeline, batch.Shard);
            try
            {
                await consumer.Commit(batch, Never);
            }
            catch (CrashException)
            {
                // Run again later.
            }
        }
    }

    /// <returns>Claims that went.</returns>
    private async Task<long> Vacuum(int nowSeconds, bool dryRun = false) =>
        (await new Vacuum(_pipeline, _stream.State, _stream.Objects, _stream.Catalog, _stream.Attempts)
            .Run(TestStream.ArrivalUs(nowSeconds), Core.Commit.Vacuum.GraceDefault, dryRun, Never)).Claims;

    private async Task<int> Claims() => (await AllClaims()).Count;

    private async Task<List<StateItem>> AllClaims()
    {
        var claims = new List<StateItem>();
        for (var partition = 0; partition < StateKeys.ClaimPartitions; partition++)
        {
            await foreach (var claim in _stream.State.Query(StateKeys.ClaimPk("t", (byte)partition), "", StateKeys.PrefixEnd, Never))
            {
                claims.Add(claim);
            }
        }

        return claims;
    }

    private async Task<ShardConsumer> Consumer(string shard)
    {
        await _stream.Register(shard);
        return _stream.Consumer(_pipeline, shard);
    }

    /// <summary>Leaves the claims of an attempt that never swaps.</summary>
    private async Task CrashAfterClaim(Pipeline pipeline, Core.Decoding.MicroBatch batch)
    {
        await _stream.Register(batch.Shard);
        using var consumer = _stream.Consumer(pipeline, batch.Shard);
        _stream.State.Before = call => call == "Put" ? throw new CrashException() : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<CrashException>(async () => await consumer.Commit(batch, Never));
        _stream.State.Before = null;
    }
}
