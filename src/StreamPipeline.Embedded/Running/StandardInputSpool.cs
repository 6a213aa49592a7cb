using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// Standard input as a file: a finite input is known by its content, which is only known once all of it was read. The bytes are kept on disk
/// until they are processed. Owner: the run, which disposes it.
/// </summary>
internal sealed class StandardInputSpool : IDisposable
{
    private readonly string _path;

    // Open for as long as the spool lives, so that nobody takes it for what a dead run left.
    private FileStream? _hold;

    private StandardInputSpool(string path) => _path = path;

    public InputFile File => InputFile.Open(_path, "standard input");

    public static async Task<StandardInputSpool> Read(Stream input, string folder, string attempt, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var spool = new StandardInputSpool(Path.Combine(folder, attempt));
        try
        {
            await using (var file = new FileStream(spool._path, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await input.CopyToAsync(file, cancellation);
            }

            spool._hold = new FileStream(spool._path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return spool;
        }
        catch (Exception error)
        {
            spool.Dispose();
            throw error is IOException ? new IOException($"cannot keep standard input in '{spool._path}': {DiskFault.Explain(error, "check free space and write permission")}", error) : error;
        }
    }

    /// <summary>Deletes spools last written before a moment that no process holds open. Returns how many.</summary>
    public static int RemoveLeftovers(string folder, DateTimeOffset before, bool dryRun)
    {
        var removed = 0;
        foreach (var path in Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [])
        {
            if (System.IO.File.GetLastWriteTimeUtc(path) < before.UtcDateTime && !IsHeld(path))
            {
                removed++;
                if (!dryRun)
                {
                    System.IO.File.Delete(path);
                }
            }
        }

        return removed;
    }

    public void Dispose()
    {
        _hold?.Dispose();
        System.IO.File.Delete(_path);
    }

    private static bool IsHeld(string path)
    {
        try
        {
            // On Unix this asks for an exclusive flock, which the holder's shared one refuses.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
