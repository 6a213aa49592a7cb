using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Tests.Lake;

public sealed class FolderObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderObjectStore _store;

    public FolderObjectStoreTests() => _store = new FolderObjectStore(_folder.Path, "t1");

    protected override IObjectStore Store => _store;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Leftover_temporary_files_are_not_listed_and_can_be_removed()
    {
        await _store.Put("a/x", new byte[1], CancellationToken.None);
        var leftover = Path.Combine(_folder.Path, "a", ".tmp-dead-1-1");
        await File.WriteAllBytesAsync(leftover, new byte[5], CancellationToken.None);
        var keys = await _store.List("", CancellationToken.None).Select(i => i.Key).ToListAsync(CancellationToken.None);
        Assert.Equal(["a/x"], keys);
        Assert.Equal(0, _store.RemoveLeftovers(beforeUs: 0));
        Assert.Equal(1, _store.RemoveLeftovers(beforeUs: long.MaxValue));
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public async Task No_temporary_file_stays_behind()
    {
        await _store.Put("a/x", new byte[1], CancellationToken.None);
        await _store.PutIfAbsent("a/y", new byte[1], CancellationToken.None);
        await _store.PutIfAbsent("a/y", new byte[1], CancellationToken.None);
        Assert.Equal(["x", "y"], Directory.EnumerateFiles(Path.Combine(_folder.Path, "a")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_staged_object_that_could_not_be_written_leaves_nothing()
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "a"), new byte[1], CancellationToken.None);
        var error = await Assert.ThrowsAsync<IOException>(async () => await _store.Stage("a/x", new byte[7], CancellationToken.None));
        Assert.StartsWith($"cannot write 'a/x' (7 bytes) in lake folder '{_folder.Path}': ", error.Message, StringComparison.Ordinal);
        Assert.Equal(["a"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_lake_that_cannot_be_written_is_named_with_what_to_do()
    {
        // A file where a folder is needed fails for every user, root included, who ignores permissions.
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "silver"), new byte[1], CancellationToken.None);
        var error = await Assert.ThrowsAsync<IOException>(async () => await _store.Put("silver/f", new byte[7], CancellationToken.None));
        Assert.StartsWith($"cannot write 'silver/f' (7 bytes) in lake folder '{_folder.Path}': ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("(check free space and write permission, or choose another --lake)", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<IOException>(() => new FolderObjectStore(Path.Combine(_folder.Path, "silver"), "t2"));
        Assert.Contains("cannot create the folder", error.Message, StringComparison.Ordinal);
    }
}
