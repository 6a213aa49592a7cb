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
}
