using CsCheck;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Tests.Lake;

public sealed class GoldTableTests
{
    private const long HourUs = LakeFixture.DayUs / 24;

    private static readonly Dictionary<string, string> NoProperties = [];

    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public void Windows_replaced_in_any_order_hold_their_last_rows_only()
    {
        var step = Gen.Int[0, 60].HashSet[1, 6];
        step.Array[1, 8].Sample(steps => Check(steps).GetAwaiter().GetResult(), iter: 60);

        static async Task Check(HashSet<int>[] steps)
        {
            var (lake, gold) = Make();
            var model = new Dictionary<long, long[]>();
            var basis = await gold.Table.Open(Never);
            for (var n = 0; n < steps.Length; n++)
            {
                // Odd windows come without rows, so they only lose what they had.
                var starts = steps[n].Select(hour => (hour - 30) * HourUs).ToHashSet();
                var rows = starts.Where(s => s / HourUs % 2 == 0 || n == 0).SelectMany(s => new[] { (n * 1000L, s), ((n * 1000L) + 1, s) }).ToList();
                foreach (var start in starts)
                {
                    model[start] = [.. rows.Where(r => r.s == start).Select(r => r.Item1)];
                }

                var batch = LakeFixture.Batch(GoldTable.WindowStartColumn, rows, wide: n % 3 == 2);
                basis = await gold.ReplaceWindows(basis, batch, starts, new Dictionary<string, string> { ["roll"] = $"{n}" }, Never);
                Assert.NotNull(basis);
            }

            Assert.Equal(model.Values.SelectMany(ids => ids).Order(), await LakeFixture.Ids(lake, basis));
            Assert.Equal(basis.Files.Select(f => f.Path).Order(StringComparer.Ordinal), await LakeFixture.Keys(lake, gold.Table.DataPrefix));
            Assert.Equal(
                model.Where(w => w.Value.Length > 0).Select(w => w.Key).Order(), basis.Files.SelectMany(f => f.WindowStarts!).Distinct().Order());
            Assert.Equal($"{steps.Length - 1}", (await gold.Table.Open(Never)).Properties["roll"]);
        }
    }

    [Fact]
    public async Task A_roll_on_an_old_version_loses_and_leaves_no_file()
    {
        var (lake, gold) = Make();
        var old = await gold.Table.Open(Never);
        Assert.NotNull(await Replace(gold, old, id: 1));
        Assert.Null(await Replace(gold, old, id: 2));
        Assert.Equal([1L], await LakeFixture.Ids(lake, await gold.Table.Open(Never)));
        Assert.Empty(await LakeFixture.Keys(lake, "_staged/"));
    }

    [Fact]
    public async Task A_committer_that_slept_for_many_versions_loses_even_though_its_number_is_free_again()
    {
        var (lake, gold) = Make();
        var old = (await Replace(gold, await gold.Table.Open(Never), id: 1))!;
        var newest = old;
        for (var id = 2; id < 20; id++)
        {
            newest = (await Replace(gold, newest, id))!;
        }

        Assert.DoesNotContain(await LakeFixture.Keys(lake, "gold/m/metadata/"), key => key.EndsWith("00002.json", StringComparison.Ordinal));

        // One that must read superseded files, and one that need not.
        Assert.Null(await Replace(gold, old, id: 98));
        Assert.Null(await Replace(gold, old, id: 99, windowUs: 5 * HourUs));
        var table = await gold.Table.Open(Never);
        Assert.Equal([19L], await LakeFixture.Ids(lake, table));
        Assert.Equal(table.Files.Select(f => f.Path), await LakeFixture.Keys(lake, gold.Table.DataPrefix));
        Assert.Equal(LakeTable.ManifestsKept, (await LakeFixture.Keys(lake, "gold/m/metadata/")).Count);
    }

    [Fact]
    public async Task A_roll_killed_at_any_call_leaves_the_old_window_or_the_new_one()
    {
        for (var crash = 0; ; crash++)
        {
            var (lake, gold) = Make();
            var basis = (await Replace(gold, await gold.Table.Open(Never), id: 1))!;
            lake.CallsUntilCrash = crash;
            var isKilled = false;
            try
            {
                await Replace(gold, basis, id: 2);
            }
            catch (CrashException)
            {
                isKilled = true;
            }

            lake.CallsUntilCrash = null;
            var seen = await LakeFixture.Ids(lake, await gold.Table.Load(Never));
            Assert.Contains(Assert.Single(seen), new[] { 1L, 2L });
            var table = await gold.Table.Open(Never);
            Assert.Equal(seen, await LakeFixture.Ids(lake, table));
            Assert.Equal(table.Files.Select(f => f.Path), await LakeFixture.Keys(lake, gold.Table.DataPrefix));
            if (!isKilled)
            {
                Assert.Equal([2L], seen);
                break;
            }
        }
    }

    [Fact]
    public async Task A_row_of_another_window_is_refused()
    {
        var (_, gold) = Make();
        var rows = LakeFixture.Batch(GoldTable.WindowStartColumn, [(1, HourUs)]);
        await Assert.ThrowsAsync<ArgumentException>(() => gold.ReplaceWindows(TableSnapshot.None, rows, new HashSet<long> { 0 }, NoProperties, Never));
    }

    private static (MemoryObjectStore Lake, GoldTable Gold) Make()
    {
        var lake = new MemoryObjectStore();
        return (lake, new GoldTable(lake, new LakeTable(lake, "gold/m"), new CountedAttempts("g")));
    }

    private static Task<TableSnapshot?> Replace(GoldTable gold, TableSnapshot basis, long id, long windowUs = HourUs) => gold.ReplaceWindows(
        basis, LakeFixture.Batch(GoldTable.WindowStartColumn, [(id, windowUs)]), new HashSet<long> { windowUs }, NoProperties, Never);
}
