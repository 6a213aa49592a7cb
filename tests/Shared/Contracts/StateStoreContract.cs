using System.Text;
using CsCheck;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Tests;

/// <summary>What every <see cref="IStateStore"/> does.</summary>
public abstract class StateStoreContract
{
    private int _attempts;

    private static CancellationToken Never => CancellationToken.None;

    protected abstract IStateStore Store { get; }

    [Fact]
    public async Task An_item_comes_back_as_it_was_put()
    {
        var item = Item("p", "s", 3, "hello", expires: 77);
        await Store.Put([item, Item("p", "t", 1, "")], Never);
        Same(item, await Store.Read("p", "s", Never));
        Assert.Null((await Store.Read("p", "t", Never))!.ExpiresAtUs);
        Assert.Null(await Store.Read("p", "none", Never));
        Assert.Null(await Store.Read("none", "s", Never));
    }

    [Fact]
    public async Task Query_gives_the_half_open_range_of_one_partition_in_ordinal_order_over_many_pages()
    {
        var keys = Enumerable.Range(0, 700).Select(n => $"B#{n:0000}").ToArray();
        await Store.Put([.. keys.Reverse().Select(k => Item("p", k, 1, k)), Item("q", "B#0001", 1, "other"), Item("p", "A", 1, ""), Item("p", "C", 1, "")], Never);
        Assert.Equal(keys, await Keys("p", "B#", "B$"));
        Assert.Equal(keys[10..20], await Keys("p", keys[10], keys[20]));
        Assert.Equal([], await Keys("p", "B#05", "B#05"));
        Assert.Equal([], await Keys("none", "", "\uFFFF"));
    }

    [Fact]
    public async Task Names_are_the_items_of_a_query_without_their_bodies()
    {
        StateItem[] items = [.. Enumerable.Range(0, 600).Select(n => Item("p", $"B#{n:0000}", n + 1, "some body", expires: n % 2 == 0 ? n : (long?)null))];
        await Store.Put([.. items, Item("p", "C", 1, ""), Item("q", "B#0001", 1, "other")], Never);
        var names = new List<StateItem>();
        await foreach (var name in Store.QueryNames("p", "B#0001", "B$", Never))
        {
            Assert.True(name.Body.IsEmpty);
            names.Add(name with { Body = default });
        }

        Assert.Equal(items[1..].Select(item => item with { Body = default }), names);
    }

    [Fact]
    public async Task Swap_writes_all_when_every_condition_holds()
    {
        await Store.Put([Item("p", "head", 4, "old")], Never);
        var outcome = await Store.Swap([new(Item("p", "head", 5, "new"), 4), new(Item("p", "batch", 1, "b"), 0), new(Item("p", "any", 9, "a"), null)], Never);
        Assert.Equal(SwapOutcome.Committed, outcome);
        Same(Item("p", "head", 5, "new"), await Store.Read("p", "head", Never));
        Same(Item("p", "batch", 1, "b"), await Store.Read("p", "batch", Never));
        Same(Item("p", "any", 9, "a"), await Store.Read("p", "any", Never));
    }

    [Theory]
    [InlineData(3L)]
    [InlineData(0L)]
    [InlineData(5L)]
    public async Task Swap_writes_nothing_when_any_condition_fails(long expected)
    {
        await Store.Put([Item("p", "head", 4, "old")], Never);
        var outcome = await Store.Swap([new(Item("p", "batch", 1, "b"), 0), new(Item("p", "head", 5, "new"), expected)], Never);
        Assert.Equal(SwapOutcome.Lost, outcome);
        Same(Item("p", "head", 4, "old"), await Store.Read("p", "head", Never));
        Assert.Null(await Store.Read("p", "batch", Never));
    }

    [Fact]
    public async Task Swap_of_a_missing_item_with_a_version_is_lost()
    {
        Assert.Equal(SwapOutcome.Lost, await Store.Swap([new(Item("p", "none", 2, ""), 1)], Never));
    }

    [Fact]
    public async Task Of_many_swaps_on_one_version_exactly_one_wins()
    {
        await Store.Put([Item("p", "head", 1, "start")], Never);
        for (var version = 1L; version <= 10; version++)
        {
            var v = version;
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(
                async () => await Store.Swap([new(Item("p", "head", v + 1, $"writer {writer}"), v)], Never), Never)));
            Assert.Single(outcomes, SwapOutcome.Committed);
        }
    }

    [Fact]
    public async Task A_staged_swap_writes_what_it_names_and_the_writes_however_many_those_are()
    {
        StateItem[] staged = [.. Enumerable.Range(0, 150).Select(n => Item("p", $"SEEN#{n:000}", n + 1, $"keys {n}", expires: n))];
        await Store.Put([Item("p", "head", 4, "old")], Never);
        Assert.Equal(SwapOutcome.Committed, await Store.SwapStaged([new(Item("p", "head", 5, "new"), 4)], new StagedForSwap(staged, Task.CompletedTask), Never));
        Same(Item("p", "head", 5, "new"), await Store.Read("p", "head", Never));
        Assert.Equal([.. staged.Select(item => item.Sk)], await Keys("p", "SEEN#", "SEEN$"));
        Same(staged[77], await Store.Read("p", staged[77].Sk, Never));
    }

    [Fact]
    public async Task A_staged_swap_is_lost_as_any_other()
    {
        await Store.Put([Item("p", "head", 4, "old")], Never);
        var outcome = await Store.SwapStaged(
            [new(Item("p", "batch", 1, "b"), 0), new(Item("p", "head", 5, "new"), 3)], new StagedForSwap([Item("p", "SEEN#1", 1, "keys")], Task.CompletedTask), Never);
        Assert.Equal(SwapOutcome.Lost, outcome);
        Same(Item("p", "head", 4, "old"), await Store.Read("p", "head", Never));
        Assert.Null(await Store.Read("p", "batch", Never));
    }

    [Fact]
    public async Task A_staged_swap_waits_for_the_objects_and_is_not_made_when_they_fail()
    {
        foreach (var fails in new[] { false, true })
        {
            var (objects, sk, isDone) = (new TaskCompletionSource(), $"head {fails}", false);
            var staged = new StagedForSwap([Item("p", $"SEEN#{fails}", 1, "keys")], objects.Task, () => isDone = true);
            var swap = Store.SwapStaged([new(Item("p", sk, 1, "new"), 0)], staged, Never).AsTask();
            await Task.Delay(TimeSpan.FromMilliseconds(20), Never);
            Assert.False(swap.IsCompleted || isDone);
            Assert.Null(await Store.Read("p", sk, Never));
            if (fails)
            {
                objects.SetException(new IOException("no room"));
                Assert.Equal("no room", (await Assert.ThrowsAsync<IOException>(() => swap)).Message);
                Assert.Null(await Store.Read("p", sk, Never));
            }
            else
            {
                objects.SetResult();
                Assert.Equal(SwapOutcome.Committed, await swap);
                Assert.NotNull(await Store.Read("p", sk, Never));
                Assert.NotNull(await Store.Read("p", $"SEEN#{fails}", Never));
            }

            Assert.Equal(!fails, isDone);
        }
    }

    [Theory]
    [InlineData(0L, 0L, SwapOutcome.Committed)]
    [InlineData(0L, 1L, SwapOutcome.Lost)]
    [InlineData(4L, 4L, SwapOutcome.Committed)]
    [InlineData(4L, 0L, SwapOutcome.Lost)]
    [InlineData(4L, 5L, SwapOutcome.Lost)]
    public async Task An_item_is_put_if_its_version_is_the_expected(long there, long expected, SwapOutcome outcome)
    {
        if (there > 0)
        {
            await Store.Put([Item("p", "reach", there, "old")], Never);
        }

        var item = Item("p", "reach", there + 1, "new");
        Assert.Equal(outcome, await Store.PutIf(new StateWrite(item, expected), Never));
        var read = await Store.Read("p", "reach", Never);
        Assert.Equal(outcome == SwapOutcome.Committed ? there + 1 : there, read?.Version ?? 0);
    }

    [Fact]
    public async Task A_claim_is_written_when_the_key_is_free_expired_its_own_or_that_of_the_claimant_to_replace()
    {
        await Store.Put([Claim("live", "other"), Claim("expired", "other"), Claim("own", "me"), Claim("dead", "other")], Never);
        StateClaim[] claims =
        [
            new(Claim("free", "me"), 50, null),
            new(Claim("live", "me"), 99, "another"),
            new(Claim("expired", "me"), 100, null),
            new(Claim("own", "me"), 50, null),
            new(Claim("dead", "me"), 50, "other"),
        ];
        var holders = await Store.Claim(claims, Never);
        Assert.Equal([null, "other", null, null, null], holders.Select(holder => holder?.Attempt));
        Same(Claim("live", "other"), holders[1]);
        foreach (var claim in claims)
        {
            Assert.Equal(claim.Item.Sk == "live" ? "other" : "me", (await Store.Read("claims", claim.Item.Sk, Never))!.Attempt);
        }

        static StateItem Claim(string key, string attempt) => Item("claims", key, 1, attempt, expires: 100) with { Attempt = attempt };
    }

    [Fact]
    public async Task Of_many_claims_of_one_key_exactly_one_wins_and_the_others_are_told_who()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(
            async () => await Store.Claim([new(Item("p", "key", 1, "", expires: 9) with { Attempt = $"w{writer}" }, 0, null)], Never), Never)));
        var winner = outcomes.ToList().FindIndex(held => held[0] is null);
        Assert.Equal(7, outcomes.Count(held => held[0]?.Attempt == $"w{winner}"));
    }

    [Fact]
    public async Task Delete_removes_and_missing_items_are_no_error()
    {
        await Store.Put([Item("p", "a", 1, ""), Item("p", "b", 1, "")], Never);
        await Store.Delete([("p", "a"), ("p", "none"), ("none", "a")], Never);
        Assert.Null(await Store.Read("p", "a", Never));
        Assert.NotNull(await Store.Read("p", "b", Never));
    }

    [Fact]
    public async Task A_body_is_the_callers_again_when_the_write_has_returned_and_may_be_a_part_of_an_array()
    {
        var memory = new byte[100];
        foreach (var (from, length) in new[] { (0, 100), (0, 40), (7, 90), (50, 0) })
        {
            var put = Item("p", $"put {from} {length}", 1, "") with { Body = memory.AsMemory(from, length) };
            var swapped = put with { Sk = $"swapped {from} {length}" };
            var staged = put with { Sk = $"staged {from} {length}" };
            var naming = put with { Sk = $"naming {from} {length}" };
            memory.AsSpan().Fill(0xA5);
            await Store.Put([put], Never);
            Assert.Equal(SwapOutcome.Committed, await Store.Swap([new(swapped, 0)], Never));
            Assert.Equal(SwapOutcome.Committed, await Store.SwapStaged([new(naming, 0)], new StagedForSwap([staged], Task.CompletedTask), Never));
            memory.AsSpan().Clear();
            var expected = Enumerable.Repeat((byte)0xA5, length);
            foreach (var item in new[] { put, swapped, staged, naming })
            {
                Assert.Equal(expected, (await Store.Read("p", item.Sk, Never))!.Body.ToArray());
            }
        }
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_with_the_limit_and_one_at_the_limit_is_kept()
    {
        var largest = new StateItem("p", "s", 1, "a", new byte[IStateStore.BodyBytesMax]);
        await Store.Put([largest], Never);
        Assert.Equal(IStateStore.BodyBytesMax, (await Store.Read("p", "s", Never))!.Body.Length);
        var larger = largest with { Body = new byte[IStateStore.BodyBytesMax + 1] };
        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Put([larger], Never));
        Assert.Contains("380,001 bytes; at most 380,000 are allowed", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Swap([new(larger, null)], Never));
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await Store.SwapStaged([new(Item("p", "naming", 1, ""), 0)], new StagedForSwap([larger with { Sk = "staged" }], Task.CompletedTask), Never));
        Assert.Null(await Store.Read("p", "naming", Never));
    }

    [Fact]
    public async Task More_than_a_hundred_writes_in_a_swap_are_refused()
    {
        var writes = Enumerable.Range(0, 101).Select(n => new StateWrite(Item("p", $"{n}", 1, ""), null)).ToList();
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Swap(writes, Never));
        Assert.Equal(SwapOutcome.Committed, await Store.Swap(writes[..100], Never));
    }

    [Fact]
    public async Task It_behaves_as_a_sorted_map_does()
    {
        var model = new SortedDictionary<string, StateItem>(StringComparer.Ordinal);
        await Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 4], Gen.String.AlphaNumeric).Array[1, 12].SampleAsync(
            async steps =>
            {
                foreach (var (kind, key, version, text) in steps)
                {
                    await Step(model, kind, $"k{key}", version, text);
                }

                Assert.Equal(model.Keys, await Keys("model", "", "\uFFFF"));
            },
            iter: 40, threads: 1);
    }

    protected static StateItem Item(string pk, string sk, long version, string text, long? expires = null) =>
        new(pk, sk, version, "attempt1", Encoding.UTF8.GetBytes(text), expires);

    private async Task Step(SortedDictionary<string, StateItem> model, int kind, string key, int version, string text)
    {
        // An attempt is unique to what it writes: a store may take what carries the same one for a repetition.
        var item = Item("model", key, version + 1, text) with { Attempt = $"attempt{++_attempts}" };
        var current = model.GetValueOrDefault(key);
        if (kind == 0)
        {
            await Store.Put([item], Never);
            model[key] = item;
        }
        else if (kind == 1)
        {
            await Store.Delete([("model", key)], Never);
            model.Remove(key);
        }
        else if (kind == 2)
        {
            var expected = (current?.Version ?? 0) == version ? SwapOutcome.Committed : SwapOutcome.Lost;
            Assert.Equal(expected, await Store.Swap([new(item, version)], Never));
            if (expected == SwapOutcome.Committed)
            {
                model[key] = item;
            }
        }
        else
        {
            Same(current, await Store.Read("model", key, Never));
        }
    }

    private static void Same(StateItem? expected, StateItem? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is not null)
        {
            Assert.Equal(expected with { Body = default }, actual! with { Body = default });
            Assert.Equal(expected.Body.ToArray(), actual.Body.ToArray());
        }
    }

    private async Task<List<string>> Keys(string pk, string from, string to)
    {
        var keys = new List<string>();
        await foreach (var item in Store.Query(pk, from, to, Never))
        {
            keys.Add(item.Sk);
        }

        return keys;
    }
}
