using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded;

/// <summary>
/// Objects as files of a folder. An object is written to a temporary file beside its place, flushed to the disk and renamed or linked, so it
/// appears whole or not at all, also after a power cut; one that is staged is written in its place. Several processes may share the folder.
/// </summary>
/// <remarks>
/// Temporary files are named <c>.tmp-…</c>: <see cref="List"/> does not show them, and <see cref="RemoveLeftovers"/> deletes
/// those of processes that died.
/// </remarks>
public sealed class FolderObjectStore : IObjectStore
{
    /// <summary>Of the name of a file that is being written.</summary>
    internal const string TemporaryPrefix = ".tmp-";

    private readonly string _root;
    private readonly string _instance;
    private readonly Action<string> _flush;
    private readonly DurableFolders _folders;
    private long _temporaryFiles;

    /// <param name="folder">Created when missing.</param>
    /// <param name="instance">Letters and digits that no other store over this folder uses: an attempt id.</param>
    /// <exception cref="IOException">The folder cannot be created or used.</exception>
    public FolderObjectStore(string folder, string instance)
        : this(folder, instance, FileSystem.Flush)
    {
    }

    /// <param name="folder">Created when missing.</param>
    /// <param name="instance">Letters and digits that no other store over this folder uses.</param>
    /// <param name="flush">Makes what a folder lists durable.</param>
    internal FolderObjectStore(string folder, string instance, Action<string> flush)
    {
        _root = Path.GetFullPath(folder);
        _instance = instance;
        _flush = flush;
        _folders = new DurableFolders(_root, flush);
        try
        {
            Directory.CreateDirectory(_root);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed("create the folder", error);
        }
    }

    /// <summary>The lake's folder, absolute.</summary>
    public string Folder => _root;

    /// <summary>The file that holds an object, whether or not it exists.</summary>
    /// <exception cref="ArgumentException">The key is not one that a store takes; the message says why.</exception>
    public string FileOf(string key)
    {
        ObjectKey.Check(key);
        return Path.Combine(_root, key);
    }

    /// <inheritdoc/>
    public ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        WriteThen(key, content, (temporary, file) =>
        {
            File.Move(temporary, file, overwrite: true);
            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask Stage(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();

        // Nobody looks for it before this returns, so it needs no other name until it is whole: a rename less, and one write of the journal less.
        var file = FileOf(key);
        var folder = Path.GetDirectoryName(file)!;
        try
        {
            var made = _folders.Make(folder);
            Write(file, FileMode.Create, content);
            _flush(folder);
            _folders.Settle(made);
            return ValueTask.CompletedTask;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryDelete(file);
            throw CannotWrite(key, content, error);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return ValueTask.FromResult(!File.Exists(FileOf(key)) && WriteThen(key, content, static (temporary, file) =>
        {
            var isFirst = FileSystem.LinkIfAbsent(temporary, file);
            File.Delete(temporary);
            return isFirst;
        }));
    }

    /// <inheritdoc/>
    public ValueTask<byte[]?> Get(string key, CancellationToken cancellation) => new(Read(key, File.ReadAllBytes, cancellation));

    /// <inheritdoc/>
    public ValueTask<IMemoryOwner<byte>?> Borrow(string key, CancellationToken cancellation) =>
        new(Read<IMemoryOwner<byte>>(key, PooledFile.Read, cancellation));

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> List(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;

        // The prefix may end within a name; its folder part bounds the walk.
        var folder = prefix[..(prefix.LastIndexOf('/') + 1)];
        if (folder.Length > 0)
        {
            ObjectKey.Check(folder[..^1]);
        }

        foreach (var item in Walk(folder, prefix, cancellation))
        {
            yield return item;
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> Move(string from, string to, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var (source, target) = (FileOf(from), FileOf(to));
        try
        {
            var folder = Path.GetDirectoryName(target)!;
            var made = _folders.Make(folder);
            File.Move(source, target, overwrite: true);
            _flush(folder);
            _folders.Settle(made);
            return ValueTask.FromResult(true);
        }
        catch (FileNotFoundException)
        {
            return ValueTask.FromResult(false);
        }
        catch (DirectoryNotFoundException)
        {
            // The target's folder was just created, so it is the source's that is missing.
            return ValueTask.FromResult(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed($"move '{from}' to '{to}'", error);
        }
    }

    /// <inheritdoc/>
    public ValueTask Delete(string key, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            File.Delete(FileOf(key));
        }
        catch (DirectoryNotFoundException)
        {
            // A missing object is no error.
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed($"delete '{key}'", error);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Deletes temporary files last written before a moment, left by processes that died. Returns how many.</summary>
    /// <param name="beforeUs">Microseconds since the epoch; far enough back that no living writer is still writing.</param>
    /// <param name="dryRun">Only count.</param>
    public int RemoveLeftovers(long beforeUs, bool dryRun = false)
    {
        var removed = 0;
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        foreach (var file in Directory.EnumerateFiles(_root, TemporaryPrefix + "*", options))
        {
            if (ModifiedUs(new FileInfo(file)) < beforeUs)
            {
                if (!dryRun)
                {
                    File.Delete(file);
                }

                removed++;
            }
        }

        return removed;
    }

    private T? Read<T>(string key, Func<string, T> read, CancellationToken cancellation)
        where T : class
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return read(FileOf(key));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed($"read '{key}'", error);
        }
    }

    private static long ModifiedUs(FileInfo file) => (file.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private IEnumerable<ObjectInfo> Walk(string folder, string prefix, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var entries = new List<(string Key, FileInfo? File)>();
        var parent = new DirectoryInfo(Path.Combine(_root, folder));
        if (!parent.Exists)
        {
            yield break;
        }

        try
        {
            foreach (var entry in parent.EnumerateFileSystemInfos())
            {
                // Folders sort by their name with the slash, so that the whole walk is in ordinal key order.
                var key = folder + entry.Name + (entry is DirectoryInfo ? "/" : "");
                var isWanted = key.StartsWith(prefix, StringComparison.Ordinal)
                    || (entry is DirectoryInfo && prefix.StartsWith(key, StringComparison.Ordinal));
                if (isWanted && !entry.Name.StartsWith(TemporaryPrefix, StringComparison.Ordinal))
                {
                    entries.Add((key, entry as FileInfo));
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Deleted just now. A new lake lacks many folders, and an exception costs as much as making one.
            yield break;
        }

        entries.Sort(static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        foreach (var (key, file) in entries)
        {
            if (file is null)
            {
                foreach (var item in Walk(key, prefix, cancellation))
                {
                    yield return item;
                }
            }
            else if (InfoOf(key, file) is { } info)
            {
                yield return info;
            }
        }
    }

    private static ObjectInfo? InfoOf(string key, FileInfo file)
    {
        try
        {
            return new ObjectInfo(key, file.Length, ModifiedUs(file));
        }
        catch (FileNotFoundException)
        {
            // Deleted or moved since it was listed.
            return null;
        }
    }

    private bool WriteThen(string key, ReadOnlyMemory<byte> content, Func<string, string, bool> publish)
    {
        var file = FileOf(key);
        var folder = Path.GetDirectoryName(file)!;
        var number = Interlocked.Increment(ref _temporaryFiles).ToString(CultureInfo.InvariantCulture);
        var temporary = Path.Combine(folder, $"{TemporaryPrefix}{_instance}-{Environment.ProcessId}-{number}");
        try
        {
            var made = _folders.Make(folder);
            Write(temporary, FileMode.CreateNew, content);
            var done = publish(temporary, file);
            _flush(folder);
            _folders.Settle(made);
            return done;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            throw CannotWrite(key, content, error);
        }
    }

    /// <summary>Returns once the bytes are durable; the file's entry in its folder need not be.</summary>
    private static void Write(string file, FileMode mode, ReadOnlyMemory<byte> content)
    {
        using var handle = File.OpenHandle(file, mode, FileAccess.Write);
        RandomAccess.Write(handle, content.Span, 0);
        RandomAccess.FlushToDisk(handle);
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The write's own error is the one to report; leftovers are removed later.
        }
    }

    private IOException CannotWrite(string key, ReadOnlyMemory<byte> content, Exception error) => Failed($"write '{key}' ({content.Length:N0} bytes)", error);

    private IOException Failed(string what, Exception error) =>
        new($"cannot {what} in lake folder '{_root}': {DiskFault.Explain(error, "check free space and write permission, or choose another --lake")}", error);
}
