using Microsoft.Data.Sqlite;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded.Tests.Commit;

public sealed class SqliteStateStoreTests : StateStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteStateStore _store;

    public SqliteStateStoreTests() => _store = new SqliteStateStore(_folder.Path);

    protected override IStateStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Two_stores_over_one_file_see_each_other_and_only_one_wins_a_version()
    {
        using var other = new SqliteStateStore(_folder.Path);
        for (var version = 0L; version < 20; version++)
        {
            var write = new StateWrite(Item("p", "head", version + 1, "x"), version);
            var outcomes = await Task.WhenAll(
                Task.Run(async () => await _store.Swap([write], CancellationToken.None), CancellationToken.None),
                Task.Run(async () => await other.Swap([write], CancellationToken.None), CancellationToken.None));
            Assert.Single(outcomes, SwapOutcome.Committed);
            Assert.Equal(version + 1, (await other.Read("p", "head", CancellationToken.None))!.Version);
        }
    }

    [Fact]
    public async Task What_was_put_is_there_after_opening_again()
    {
        await _store.Put([Item("p", "s", 1, "kept")], CancellationToken.None);
        using var again = new SqliteStateStore(_folder.Path);
        Assert.NotNull(await again.Read("p", "s", CancellationToken.None));
    }

    [Fact]
    public async Task A_new_file_is_what_SQLite_makes_of_one()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "_state", "state.db");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, [], CancellationToken.None);
        using (var older = new SqliteStateStore(folder.Path))
        {
            await older.Put([Item("p", "s", 1, "of an empty file")], CancellationToken.None);
            Assert.Equal(Facts(file), Facts(Path.Combine(_folder.Path, "_state", "state.db")));
            Assert.Equal(["wal", "16384", "ok"], Facts(file)[..3]);
        }

        using var again = new SqliteStateStore(folder.Path);
        Assert.NotNull(await again.Read("p", "s", CancellationToken.None));
    }

    [Fact]
    public async Task Stores_that_make_the_file_at_once_share_it()
    {
        using var folder = new TemporaryFolder();
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => new SqliteStateStore(folder.Path))));
        var outcomes = await Task.WhenAll(stores.Select(async store => await store.Swap([new StateWrite(Item("p", "head", 1, "x"), 0)], CancellationToken.None)));
        Assert.Single(outcomes, SwapOutcome.Committed);
        foreach (var store in stores)
        {
            Assert.NotNull(await store.Read("p", "head", CancellationToken.None));
            store.Dispose();
        }

        Assert.Equal(["state.db"], Directory.GetFiles(Path.Combine(folder.Path, "_state")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task The_log_is_begun_again_and_does_not_grow_with_what_is_written()
    {
        var bytesMax = 0L;
        for (var version = 1L; version <= 100; version++)
        {
            var body = new byte[100_000];
            await _store.Swap([new StateWrite(new StateItem("p", "s", version, "a", body), version - 1)], CancellationToken.None);
            bytesMax = Math.Max(bytesMax, new FileInfo(Path.Combine(_folder.Path, "_state", "state.db-wal")).Length);
        }

        Assert.InRange(bytesMax, 1 << 20, 4 << 20);
    }

    [Fact]
    public void A_log_without_its_file_is_left_to_SQLite()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "_state", "state.db");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file + "-wal", [1, 2, 3]);
        Assert.False(NewStateFile.MakeIfAbsent(file));
        Assert.False(File.Exists(file));
        File.Delete(file + "-wal");
        Assert.True(NewStateFile.MakeIfAbsent(file));
        Assert.False(NewStateFile.MakeIfAbsent(file));
    }

    [Fact]
    public async Task A_swap_that_is_lost_leaves_nothing_and_no_transaction_open()
    {
        await _store.Swap([new StateWrite(Item("p", "head", 1, "a"), 0)], CancellationToken.None);
        var lost = await _store.Swap([new StateWrite(Item("p", "batch", 1, "b"), 0), new StateWrite(Item("p", "head", 2, "b"), 7)], CancellationToken.None);
        Assert.Equal(SwapOutcome.Lost, lost);
        using var other = new SqliteStateStore(_folder.Path);
        Assert.Null(await other.Read("p", "batch", CancellationToken.None));
        await other.Put([Item("p", "s", 1, "not locked out")], CancellationToken.None);
        Assert.NotNull(await _store.Read("p", "s", CancellationToken.None));
    }

    [Fact]
    public async Task What_has_expired_goes_page_by_page_and_all_else_stays()
    {
        StateItem[] items = [.. Enumerable.Range(0, 1_500).Select(n => Item("p", $"{n:0000}", 1, "") with { ExpiresAtUs = n % 3 == 0 ? null : n % 3 * 100 })];
        var other = Item("q", "0001", 1, "") with { ExpiresAtUs = 1 };
        await _store.Put([.. items, other], CancellationToken.None);
        Assert.Equal(0, await _store.DeleteExpired("p", 99, dryRun: false, CancellationToken.None));
        Assert.Equal(500, await _store.DeleteExpired("p", 100, dryRun: true, CancellationToken.None));
        Assert.Equal(500, await _store.DeleteExpired("p", 100, dryRun: false, CancellationToken.None));
        Assert.Equal(0, await _store.DeleteExpired("p", 199, dryRun: false, CancellationToken.None));
        var left = new List<string>();
        await foreach (var item in _store.QueryNames("p", "", StateKeys.PrefixEnd, CancellationToken.None))
        {
            left.Add(item.Sk);
        }

        Assert.Equal(items.Where(item => item.ExpiresAtUs is not 100).Select(item => item.Sk), left);
        Assert.NotNull(await _store.Read("q", "0001", CancellationToken.None));
    }

    [Fact]
    public void A_file_that_is_no_database_is_named()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "_state", "state.db");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))]);
        var error = Assert.Throws<IOException>(() => new SqliteStateStore(folder.Path));
        Assert.StartsWith($"cannot open state in '{file}': the file is damaged or no SQLite database", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("or start with a new --lake folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lake_that_is_a_file_is_named()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "lake");
        File.WriteAllBytes(file, [1]);
        var error = Assert.Throws<IOException>(() => new SqliteStateStore(file));
        Assert.Contains(Path.Combine(file, "_state", "state.db"), error.Message, StringComparison.Ordinal);
    }

    private static List<string> Facts(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        var facts = new List<string>();
        foreach (var sql in new[] { "PRAGMA journal_mode", "PRAGMA page_size", "PRAGMA integrity_check", "SELECT name || coalesce(sql, '') FROM sqlite_master", "PRAGMA encoding", "PRAGMA auto_vacuum" })
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                facts.Add(reader.GetString(0));
            }
        }

        return facts;
    }
}
