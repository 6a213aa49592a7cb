using CsCheck;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Tests.Lake;

public sealed class FolderObjectStoreTests : ObjectStoreContract, IDisposable
{
    private static readonly string[] _keys = ["a/x", "a/b/x", "a/b/c/x", "a/y", "d/x", "d/e/y"];

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

    /// <summary>A folder's entries outlive a power cut as they were when it was last flushed. Two stores, as two processes have, make and use the same folders.</summary>
    [Fact]
    public Task What_a_call_wrote_is_durable_when_it_returns() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, _keys.Length - 1], Gen.Bool).Array[1, 12].SampleAsync(
            async calls =>
            {
                using var folder = new TemporaryFolder();
                var durable = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
                void Flush(string path) => durable[path] = [.. Directory.EnumerateFileSystemEntries(path)];
                FolderObjectStore[] stores = [new(folder.Path, "t1", Flush), new(folder.Path, "t2", Flush)];
                foreach (var (call, keyAt, isSecond) in calls)
                {
                    var key = _keys[keyAt];
                    var store = stores[isSecond ? 1 : 0];
                    var isWritten = await Write(store, call, key);
                    for (var path = Path.Combine(folder.Path, key); isWritten && path != folder.Path; path = Path.GetDirectoryName(path)!)
                    {
                        Assert.True(durable.GetValueOrDefault(Path.GetDirectoryName(path)!)?.Contains(path) == true, $"{path} may be lost after call {call} for {key}");
                    }
                }
            },
            iter: 200,
            threads: 1);

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

    /// <summary>Whether the object is there because of the call.</summary>
    private static async Task<bool> Write(FolderObjectStore store, int call, string key)
    {
        var content = new byte[3];
        switch (call)
        {
            case 0:
                await store.Put(key, content, CancellationToken.None);
                return true;
            case 1:
                await store.Stage(key, content, CancellationToken.None);
                return true;
            case 2:
                return await store.PutIfAbsent(key, content, CancellationToken.None);
            default:
                return await store.Move("a/y", key, CancellationToken.None);
        }
    }
}
