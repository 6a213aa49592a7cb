using Apache.Arrow;
using CsCheck;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Tests.Lake;

public sealed class FoldTests
{
    private const string Silver = "silver/flights";
    private const string Quarantine = "quarantine/flights";

    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public async Task Every_staged_row_is_in_the_tables_once_and_staged_files_are_gone()
    {
        var lake = new MemoryObjectStore();
        var batches = await Stage(lake, batches: 7, rows: 50);
        var counts = await FoldOf(lake, "a").Run(batches.ToAsyncEnumerable(), Never);
        Assert.Equal(new FoldCounts(7, 350, 28, 1), counts);
        await AssertComplete(lake, batches: 7, rows: 50);
        Assert.Empty(await LakeFixture.Keys(lake, "_staged/"));
    }

    [Fact]
    public async Task Files_lie_in_the_folder_of_their_day_with_its_times()
    {
        var lake = new MemoryObjectStore();
        await FoldOf(lake, "a").Run((await Stage(lake, 4, 40)).ToAsyncEnumerable(), Never);
        var table = await new LakeTable(lake, Silver).Open(Never);
        Assert.All(table.Files, file =>
        {
            Assert.StartsWith($"{Silver}/data/{CivilDay.Folder(file.Day)}/a", file.Path, StringComparison.Ordinal);
            Assert.Equal(file.Day, CivilDay.Of(file.MinTimeUs));
            Assert.Equal(file.Day, CivilDay.Of(file.MaxTimeUs));
        });
        Assert.Equal(table.Files.Count, table.Files.DistinctBy(f => f.Day).Count());
    }

    [Fact]
    public async Task A_small_flush_commits_several_versions_with_the_same_rows()
    {
        var lake = new MemoryObjectStore();
        var batches = await Stage(lake, 7, 50);
        var counts = await FoldOf(lake, "a", flushBytes: 1_500).Run(batches.ToAsyncEnumerable(), Never);
        Assert.True(counts.Versions > 1);
        await AssertComplete(lake, 7, 50);
    }

    [Fact]
    public async Task Offering_folded_batches_again_changes_nothing_and_deletes_nothing()
    {
        var lake = new MemoryObjectStore();
        var batches = await Stage(lake, 5, 20);
        await FoldOf(lake, "a").Run(batches.ToAsyncEnumerable(), Never);
        await Stage(lake, 5, 20);
        var staged = await LakeFixture.Keys(lake, "_staged/stage/");
        Assert.NotEmpty(staged);
        var counts = await FoldOf(lake, "b").Run(batches.ToAsyncEnumerable(), Never);
        Assert.Equal(new FoldCounts(0, 0, 0, 0), counts);
        await AssertComplete(lake, 5, 20);

        // Whose rows they are the generation does not tell: they may be those of a state that is behind the table.
        Assert.Equal(staged, await LakeFixture.Keys(lake, "_staged/stage/"));
    }

    [Fact]
    public async Task A_fold_killed_at_any_call_leaves_only_committed_files_and_the_next_one_completes_it()
    {
        var whole = new MemoryObjectStore();
        var staged = await Stage(whole, 5, 20);
        var before = whole.Calls;
        await FoldOf(whole, "w", 1_000).Run(staged.ToAsyncEnumerable(), Never);
        var calls = whole.Calls - before;
        Assert.InRange(calls, 30, 2_000);

        for (var crash = 0; crash < calls; crash++)
        {
            var lake = new MemoryObjectStore();
            var batches = await Stage(lake, 5, 20);
            lake.CallsUntilCrash = crash;
            await Assert.ThrowsAsync<CrashException>(() => FoldOf(lake, "a", 1_000).Run(batches.ToAsyncEnumerable(), Never));
            lake.CallsUntilCrash = null;
            await AssertNothingUncommitted(lake);
            await FoldOf(lake, "b", 1_000).Run(batches.ToAsyncEnumerable(), Never);
            await AssertComplete(lake, 5, 20);
        }
    }

    [Fact]
    public async Task Folds_at_once_lose_and_double_nothing()
    {
        await Gen.Int[0, 60].Array[1, 6].SampleAsync(async delays =>
        {
            var lake = new MemoryObjectStore();
            var batches = await Stage(lake, 6, 10);
            await Task.WhenAll(delays.Select((delay, n) => Task.Run(
                async () => await FoldOf(lake, $"p{n}x", 700).Run(Slowly(batches, delay), Never), Never)));
            await AssertComplete(lake, 6, 10);
        }, iter: 20, threads: 1);
    }

    [Fact]
    public async Task Rows_of_ten_thousand_days_before_and_after_the_epoch_are_all_there()
    {
        var lake = new MemoryObjectStore();
        var rows = Enumerable.Range(0, 10_000).Select(n => ((long)n, ((n - 5_000L) * 97 * LakeFixture.DayUs) - 1)).ToList();
        CommittedBatch[] batches = [new("s0", 1, await Put(lake, "_staged/stage/x", LakeFixture.Batch(Fold.SilverTimeColumn, rows)), null)];
        await FoldOf(lake, "a").Run(batches.ToAsyncEnumerable(), Never);
        var table = await new LakeTable(lake, Silver).Open(Never);
        Assert.Equal(10_000, table.Files.Count);
        Assert.Equal(rows.Select(r => r.Item1), await LakeFixture.Ids(lake, table));
    }

    [Fact]
    public async Task A_changed_contract_starts_a_new_version_with_its_own_files()
    {
        var lake = new MemoryObjectStore();
        var narrow = await Put(lake, "_staged/stage/1", LakeFixture.Batch(Fold.SilverTimeColumn, [(1, 5)]));
        var wide = await Put(lake, "_staged/stage/2", LakeFixture.Batch(Fold.SilverTimeColumn, [(2, 5)], wide: true));
        CommittedBatch[] batches = [new("s0", 1, narrow, null), new("s0", 2, null, null), new("s0", 3, wide, null)];
        var counts = await FoldOf(lake, "a").Run(batches.ToAsyncEnumerable(), Never);
        var table = await new LakeTable(lake, Silver).Open(Never);
        Assert.Equal(2, counts.Versions);
        Assert.Equal([1L, 2L], await LakeFixture.Ids(lake, table));
        Assert.True(RecordBatches.SameSchema(LakeFixture.SchemaOf(Fold.SilverTimeColumn, wide: true), table.Schema!));
        Assert.Equal(3, table.Folded["s0"]);
    }

    [Fact]
    public async Task A_missing_staged_file_stops_the_fold_and_is_named()
    {
        var lake = new MemoryObjectStore();
        CommittedBatch[] batches = [new("s0", 1, new StagedRef("_staged/stage/lost", 1, 500), null)];
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => FoldOf(lake, "a").Run(batches.ToAsyncEnumerable(), Never));
        Assert.Contains("batch 1 of shard 's0'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'_staged/stage/lost'", error.Message, StringComparison.Ordinal);
    }

    private static Fold FoldOf(IObjectStore lake, string attempts, long flushBytes = 64 << 20) =>
        new(lake, new LakeTable(lake, Silver), new LakeTable(lake, Quarantine), new CountedAttempts(attempts), flushBytes);

    /// <summary>Batches over two shards; each with silver rows, every second one with quarantine rows: in the same file, or, as it was once, in their own.</summary>
    private static async Task<List<CommittedBatch>> Stage(MemoryObjectStore lake, int batches, int rows)
    {
        var staged = new List<CommittedBatch>();
        for (var b = 0; b < batches; b++)
        {
            var silver = Enumerable.Range(b * rows, rows).Select(id => ((long)id, (id % 3 * LakeFixture.DayUs) + id)).ToList();
            var rowsOfBatch = LakeFixture.Batch(Fold.SilverTimeColumn, silver);
            var bad = LakeFixture.Batch(Fold.QuarantineTimeColumn, Enumerable.Range(b * 7, 7).Select(id => ((long)id, 9 * LakeFixture.DayUs)).ToList());
            var (silverRows, quarantineRows) = (b % 4) switch
            {
                0 => await PutBoth(lake, $"_staged/stage/{b}-rows.arrows", rowsOfBatch, bad),
                2 => (await Put(lake, $"_staged/stage/{b}-silver.arrows", rowsOfBatch), await Put(lake, $"_staged/stage/{b}-quarantine.arrows", bad)),
                _ => (await Put(lake, $"_staged/stage/{b}-silver.arrows", rowsOfBatch), null),
            };
            staged.Add(new CommittedBatch($"s{b % 2}", (b / 2) + 1, silverRows, quarantineRows));
        }

        return staged;
    }

    private static async Task<StagedRef> Put(MemoryObjectStore lake, string key, RecordBatch rows)
    {
        var content = StagedFile.Encode(rows);
        await lake.Put(key, content, Never);
        return new StagedRef(key, rows.Length, content.Length);
    }

    private static async Task<(StagedRef Silver, StagedRef? Quarantine)> PutBoth(MemoryObjectStore lake, string key, RecordBatch silver, RecordBatch quarantine)
    {
        using var file = StagedFile.Room(silver, quarantine);
        var (first, second) = (StagedFile.Append(silver, key, compressed: false, file), StagedFile.Append(quarantine, key, compressed: false, file));
        await lake.Put(key, file.WrittenSpan.ToArray(), Never);
        return (first!, second);
    }

    private static async IAsyncEnumerable<CommittedBatch> Slowly(IEnumerable<CommittedBatch> batches, int yields)
    {
        foreach (var batch in batches)
        {
            for (var i = 0; i < yields; i++)
            {
                await Task.Yield();
            }

            yield return batch;
        }
    }

    private static async Task AssertComplete(MemoryObjectStore lake, int batches, int rows)
    {
        var silver = await new LakeTable(lake, Silver).Open(Never);
        var quarantine = await new LakeTable(lake, Quarantine).Open(Never);
        Assert.Equal(Enumerable.Range(0, batches * rows).Select(n => (long)n), await LakeFixture.Ids(lake, silver));
        Assert.Equal(
            Enumerable.Range(0, batches).Where(b => b % 2 == 0).SelectMany(b => Enumerable.Range(b * 7, 7)).Select(n => (long)n),
            await LakeFixture.Ids(lake, quarantine));
        Assert.Equal(silver.Files.Select(f => f.Path).Order(StringComparer.Ordinal), await LakeFixture.Keys(lake, Silver + "/data/"));
        Assert.Equal(quarantine.Files.Select(f => f.Path).Order(StringComparer.Ordinal), await LakeFixture.Keys(lake, Quarantine + "/data/"));
    }

    private static async Task AssertNothingUncommitted(MemoryObjectStore lake)
    {
        foreach (var name in (string[])[Silver, Quarantine])
        {
            var table = await new LakeTable(lake, name).Load(Never);
            var committed = table.Files.Select(f => f.Path).Concat(table.Superseded).ToHashSet(StringComparer.Ordinal);
            Assert.All(await LakeFixture.Keys(lake, name + "/data/"), key => Assert.Contains(key, committed));
        }
    }
}
