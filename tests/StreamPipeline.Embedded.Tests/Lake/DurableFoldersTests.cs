namespace StreamPipeline.Embedded.Tests.Lake;

public sealed class DurableFoldersTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly List<string> _flushed = [];
    private readonly DurableFolders _folders;

    public DurableFoldersTests() => _folders = new DurableFolders(_root.Path, Flush);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Every_folder_above_a_new_one_is_flushed_and_nothing_beyond_the_root()
    {
        Assert.Equal(["", "a", "a/b"], Ensure("a/b/c"));
        Assert.True(Directory.Exists(Path.Combine(_root.Path, "a/b/c")));
        Assert.Equal([], Ensure(""));
    }

    [Fact]
    public void Only_what_a_further_folder_changes_is_flushed_for_it()
    {
        Ensure("a/b/c");
        Assert.Equal([], Ensure("a/b/c"));
        Assert.Equal(["a/b"], Ensure("a/b/d"));
        Assert.Equal(["a", "a/e"], Ensure("a/e/f"));
        Assert.Equal([""], Ensure("g"));
    }

    [Fact]
    public void A_folder_that_another_has_made_may_not_be_durable_yet()
    {
        Directory.CreateDirectory(Path.Combine(_root.Path, "a/b"));
        Assert.Equal(["", "a"], Ensure("a/b"));
    }

    [Fact]
    public void Folders_that_were_deleted_from_outside_are_made_and_flushed_again()
    {
        Ensure("a/b/c");
        Directory.Delete(Path.Combine(_root.Path, "a"), recursive: true);
        Assert.Equal(["", "a"], Ensure("a/b"));
        Assert.Equal(["a/b"], Ensure("a/b/c"));
    }

    [Fact]
    public void A_folder_whose_flush_failed_is_flushed_by_the_next_who_needs_it()
    {
        var isFailing = true;
        var folders = new DurableFolders(_root.Path, folder =>
        {
            if (isFailing)
            {
                throw new IOException("no");
            }

            Flush(folder);
        });
        Assert.Throws<IOException>(() => folders.Settle(folders.Make(Path.Combine(_root.Path, "a/b"))));
        isFailing = false;
        folders.Settle(folders.Make(Path.Combine(_root.Path, "a/b")));
        Assert.Equal(["", "a"], _flushed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_another_has_made_and_not_settled_is_not_relied_on()
    {
        var first = _folders.Make(Path.Combine(_root.Path, "a/b"));
        Assert.Equal(["", "a"], Ensure("a/b"));
        _folders.Settle(first);
        Assert.Equal([], Ensure("a/b"));
    }

    /// <summary>The folders that are flushed for it, in order of their names.</summary>
    private string[] Ensure(string folder)
    {
        _flushed.Clear();
        var made = _folders.Make(folder.Length == 0 ? _root.Path : Path.Combine(_root.Path, folder));
        Assert.Empty(_flushed);
        _folders.Settle(made);
        return [.. _flushed.Order(StringComparer.Ordinal)];
    }

    private void Flush(string folder)
    {
        Assert.True(Directory.Exists(folder));
        _flushed.Add(Path.GetRelativePath(_root.Path, folder) is "." ? "" : Path.GetRelativePath(_root.Path, folder));
    }
}
