namespace StreamPipeline.Embedded;

/// <summary>
/// Makes folders below a root so that they outlive a power cut: a folder is durable once the entry for it in its parent is, and those of all
/// above it. Who makes one uses it at once and settles it last: a file system that keeps a journal then writes the folders and what was done in them in one go. What
/// this instance has settled is not flushed again, so a new folder costs the flushes of the folders that it changed. Thread-safe.
/// </summary>
/// <param name="root">Absolute; it exists.</param>
/// <param name="flush">Makes the entries of a folder durable: <see cref="FileSystem.Flush"/>.</param>
internal sealed class DurableFolders(string root, Action<string> flush)
{
    /// <summary>How many are remembered; then it begins anew, which costs some flushes. A lake has some dozen a day.</summary>
    private const int KnownMax = 4096;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Returns once the folder exists; it is durable once what is returned has been settled.</summary>
    /// <param name="folder">Below the root.</param>
    /// <returns>
    /// It and those above it up to one that is there and known to be durable. What another has made and not settled yet is among them: nobody relies on another's
    /// flush that may be still to come. One that is known and gone was deleted from outside: it and all below it are made again.
    /// </returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public IReadOnlyList<string> Make(string folder)
    {
        var made = new List<string>();
        for (var path = folder; path.Length > root.Length && !(IsKnown(path) && Directory.Exists(path)); path = Path.GetDirectoryName(path)!)
        {
            made.Add(path);
        }

        if (made.Count > 0)
        {
            Directory.CreateDirectory(folder);
        }

        return made;
    }

    /// <summary>Returns once the folders are durable.</summary>
    /// <param name="made">What <see cref="Make"/> returned.</param>
    /// <exception cref="IOException">One cannot be flushed: none counts as durable.</exception>
    public void Settle(IReadOnlyList<string> made)
    {
        foreach (var path in made)
        {
            flush(Path.GetDirectoryName(path)!);
        }

        if (made.Count > 0)
        {
            lock (_known)
            {
                if (_known.Count + made.Count > KnownMax)
                {
                    _known.Clear();
                }

                _known.UnionWith(made);
            }
        }
    }

    private bool IsKnown(string path)
    {
        lock (_known)
        {
            return _known.Contains(path);
        }
    }
}
