using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// Standard input as a file: a finite input is known by its content, which is only known once all of it was read. The bytes are kept below the
/// lake until they are processed. Owner: the run, which disposes it.
/// </summary>
internal sealed class StandardInputSpool : IDisposable
{
    private readonly string _path;

    private StandardInputSpool(string path) => _path = path;

    public InputFile File => InputFile.Open(_path, "standard input");

    public static async Task<StandardInputSpool> Read(Stream input, LakeFolder lake, string attempt, CancellationToken cancellation)
    {
        var folder = Path.Combine(lake.Root, "_spool");
        Directory.CreateDirectory(folder);
        var spool = new StandardInputSpool(Path.Combine(folder, attempt));
        try
        {
            await using var file = new FileStream(spool._path, FileMode.CreateNew, FileAccess.Write);
            await input.CopyToAsync(file, cancellation);
            return spool;
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    public void Dispose() => System.IO.File.Delete(_path);
}
