using System.IO.Compression;
using System.Text;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>The sample streams under <c>events</c>, line by line, each with its contract.</summary>
internal static class SampleEvents
{
    private static readonly string Root = Find(AppContext.BaseDirectory);

    public static readonly (Contract Contract, byte[][] Lines)[] All =
    [
        Read("iot", "events.ndjson"), Read("orders", "events.ndjson"), Read("flights", "flights.ndjson.gz"),
    ];

    private static (Contract Contract, byte[][] Lines) Read(string name, string file)
    {
        using Stream stored = File.OpenRead(Path.Combine(Root, name, file));
        using var text = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stored, CompressionMode.Decompress) : stored;
        using var bytes = new MemoryStream();
        text.CopyTo(bytes);
        var lines = bytes.ToArray().AsSpan();
        var found = new List<byte[]>();
        foreach (var line in lines.Split((byte)'\n'))
        {
            if (!lines[line].IsEmpty && found.Count < 3_000)
            {
                found.Add(lines[line].ToArray());
            }
        }

        return (Schemas.Compile(File.ReadAllText(Path.Combine(Root, name, name + ".schema.json"), Encoding.UTF8)), [.. found]);
    }

    private static string Find(string folder)
    {
        var events = Path.Combine(folder, "events");
        return Directory.Exists(Path.Combine(events, "iot")) ? events : Find(Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("events"));
    }
}
