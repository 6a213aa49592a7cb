namespace StreamPipeline.Embedded;

/// <summary>
/// Makes folders below a root so that they outlive a power cut: a folder is durable once the entry for it in its parent is, and those of all
/// above it. What this instance has flushed is not flushed again, so a new folder costs the flushes of the folders that it changed. Thread-safe.
/// </summary>
/// <param name="root">Absolute; it exists.</param>
/// <param name="flush">Makes the entries of a folder durable: <see cref="FileSystem.Flush"/>.</param>
internal sealed class DurableFolders(string root, Action<string> flush)
{
    /// <summary>How many are remembered; then it begins anew, which costs some flushes. A lake has some dozen a day.</summary>
    private const int KnownMax = 4096;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Returns once the folder exists and is durable.</summary>
    /// <param name="folder">Below the root.</param>
    /// <exception cref="IOException">It cannot be made or flushed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public void Ensure(string folder)
    {
        // The lock is held over the flushes: who finds a folder that another has just made must not go on before it is durable.
        lock (_known)
        {
            var changed = Unsettled(folder);
            if (changed.Count == 0)
            {
                return;
            }

            Directory.CreateDirectory(folder);
            foreach (var path in changed)
            {
                flush(Path.GetDirectoryName(path)!);
            }

            if (_known.Count + changed.Count > KnownMax)
            {
                _known.Clear();
            }

            _known.UnionWith(changed);
        }
    }

    /// <summary>
    /// The folder and those above it up to one that is there and known to be durable. One that is known and gone was deleted from outside: it and all
    /// below it are made again.
    /// </summary>
    private List<string> Unsettled(string folder)
    {
        var found = new List<string>();
        for (var path = folder; path.Length > root.Length && !(_known.Contains(path) && Directory.Exists(path)); path = Path.GetDirectoryName(path)!)
        {
            found.Add(path);
        }

        return found;
    }
}
