using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>A lake whose state was lost, or replaced by an older one or another lake's.</summary>
public sealed class StateBehindTests
{
    private const long FarUs = long.MaxValue / 2;

    private readonly StreamFixture _lake = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fold_is_refused_and_deletes_nothing_while_the_state_is_behind_silver()
    {
        await Fill(_lake, batches: 3);
        var empty = Other("b");
        var error = await Assert.ThrowsAsync<StateBehindException>(empty.FoldAll);
        Assert.StartsWith(
            "the state is older than the lake, or of another one: table 'silver/s' holds the batches of shard 's0' up to generation 3, and the state knows no batch of it. ",
            error.Message,
            StringComparison.Ordinal);

        var older = Other("c");
        await Fill(older, batches: 2, fold: false);
        var staged = await Staged();
        Assert.Equal(2, staged.Count);
        await Assert.ThrowsAsync<StateBehindException>(older.FoldAll);
        Assert.Equal(staged, await Staged());
    }

    [Fact]
    public async Task A_fold_deletes_nothing_of_a_generation_that_another_fold_has_folded()
    {
        await Fill(_lake, batches: 2);
        var other = Other("b");
        await Fill(other, batches: 2, fold: false);
        var staged = await Staged();
        var batches = other.Batches.Unfolded(await other.Catalog.Shards(Stop), new Dictionary<string, long>(), Stop);
        Assert.Equal(0, (await other.Fold.Run(batches, Stop)).Batches);
        Assert.Equal(2, staged.Count);
        Assert.Equal(staged, await Staged());
    }

    [Fact]
    public async Task A_vacuum_is_refused_where_the_state_is_behind()
    {
        await Fill(_lake, batches: 2);
        var older = Other("b");
        await Fill(older, batches: 1, fold: false);
        var staged = await Staged();
        var vacuum = new Vacuum(older.Pipeline, older.State, older.Objects, older.Catalog, new CountedAttempts("v"));
        await Assert.ThrowsAsync<StateBehindException>(() => vacuum.Run(FarUs, TimeSpan.Zero, dryRun: false, Stop));
        Assert.Equal(staged, await Staged());
    }

    [Theory]
    [InlineData("silver/s")]
    [InlineData("quarantine/s")]
    public async Task Tables_are_not_opened_while_one_of_them_is_ahead_of_the_state(string path)
    {
        await Fill(_lake, batches: 2);
        await Open(_lake);
        var table = new LakeTable(_lake.Objects, path);
        var folded = new TableChange { Folded = new Dictionary<string, long> { ["s0"] = 3 } };
        await table.Commit(await table.Open(Stop), folded, Stop);
        var error = await Assert.ThrowsAsync<StateBehindException>(() => Open(_lake));
        Assert.Contains($"table '{path}' holds the batches of shard 's0' up to generation 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_lake_and_one_that_is_folded_while_it_is_looked_at_are_opened()
    {
        await Open(_lake);
        await Fill(_lake, batches: 2, fold: false);
        var isFolded = false;
        var during = new Interruption((_, name) => name == nameof(IStateStore.Read) && !isFolded, async () =>
        {
            isFolded = true;
            await Fill(_lake, batches: 3);
        });
        await _lake.FoldAll();
        await Open(_lake, new InterruptedStateStore(_lake.State, during));
        Assert.True(isFolded);
        await Open(_lake);
    }

    private StreamFixture Other(string attempts) => new(objects: _lake.Objects, attempts: attempts);

    private static Task Open(StreamFixture lake, IStateStore? state = null) =>
        new StreamTables(lake.Pipeline, state ?? lake.State, lake.Objects, new CountedAttempts("o")).Open(Stop);

    /// <summary>Commits batches 1 to <paramref name="batches"/>, those that are there left out.</summary>
    private static async Task Fill(StreamFixture lake, int batches, bool fold = true)
    {
        using var consumer = await lake.Consumer("s0");
        for (var i = 1; i <= batches; i++)
        {
            await consumer.Commit(SmallPipeline.Batch("s0", SmallPipeline.StartUs, new Event(i, $"e{i}", "x", SmallPipeline.StartUs)), Stop);
        }

        if (fold)
        {
            await lake.FoldAll();
        }
    }

    private async Task<List<string>> Staged()
    {
        var keys = new List<string>();
        await foreach (var item in _lake.Objects.List("_staged/s/", Stop))
        {
            keys.Add(item.Key);
        }

        return keys;
    }
}
