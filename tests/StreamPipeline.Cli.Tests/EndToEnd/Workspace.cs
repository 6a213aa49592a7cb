using System.IO.Compression;
using System.Text;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>A folder of its own for one test, and the command run in this process on what lies there.</summary>
internal sealed class Workspace : IDisposable
{
    private const string MemoryDisk = "/dev/shm";

    /// <param name="manyCommits">Where there is a disk in memory, use it: each commit waits for the disk, and killing a process does not lose what is written.</param>
    public Workspace(bool manyCommits = false)
    {
        Folder = manyCommits && Directory.Exists(MemoryDisk)
            ? Path.Combine(MemoryDisk, Path.GetRandomFileName())
            : Directory.CreateTempSubdirectory("streampipeline-").FullName;
        Directory.CreateDirectory(Folder);
    }

    public string Folder { get; }

    public string Lake => PathOf("lake");

    public static string FlightsPipeline { get; } = Path.Combine(Samples.Folder, "flights", "pipeline.yaml");

    public static string FlightsFile { get; } = Path.Combine(Samples.Folder, "flights", "flights.ndjson.gz");

    /// <summary>The lines of the flights slice, each with its line feed.</summary>
    public static List<string> FlightLines()
    {
        using var file = File.OpenRead(FlightsFile);
        using var text = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var lines = new List<string>();
        while (text.ReadLine() is { } line)
        {
            lines.Add(line + "\n");
        }

        return lines;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return compressed.ToArray();
    }

    public static byte[] Zstd(byte[] content)
    {
        using var compressor = new ZstdSharp.Compressor();
        return compressor.Wrap(content).ToArray();
    }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public string Write(string name, IEnumerable<string> lines) => Write(name, string.Concat(lines));

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Copies a sample's pipeline.yaml and what it names; returns the copy's pipeline.yaml.</summary>
    public string CopyOfSample(string sample)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Samples.Folder, sample)))
        {
            Write(Path.Combine(sample, Path.GetFileName(file)), File.ReadAllBytes(file));
        }

        return PathOf(Path.Combine(sample, "pipeline.yaml"));
    }

    /// <summary>Runs an input through the flights pipeline into <see cref="Lake"/>.</summary>
    public Task<RunOutcome> Run(string input, params string[] more) => RunInto(Lake, FlightsPipeline, input, more);

    public static Task<RunOutcome> RunInto(string lake, string pipeline, string input, params string[] more) =>
        Command(["run", "--pipeline", pipeline, "--input", input, "--lake", lake, "--output", "json", .. more]);

    public static async Task<RunOutcome> Command(params string[] args)
    {
        using var terminal = new TestTerminal();
        var code = await terminal.RunAsync(args);
        return new RunOutcome(code, terminal.Out, terminal.Error);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
