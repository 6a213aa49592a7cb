namespace StreamPipeline.Cli.Demo;

/// <summary>The sample pipeline that this program carries, written beside a lake's tables so that a user can read, change and run it.</summary>
internal static class DemoFiles
{
    private const string ResourcePrefix = "demo/";

    /// <summary>The files' folder within the lake.</summary>
    public const string Folder = "pipeline";

    /// <summary>The generated events' file.</summary>
    public const string Events = "events.ndjson";

    /// <summary>Writes the files that are missing; what a user has changed stays.</summary>
    /// <returns>Path of pipeline.yaml.</returns>
    public static string Write(string lakeFolder)
    {
        var folder = Path.Combine(lakeFolder, Folder);
        Directory.CreateDirectory(folder);
        var assembly = typeof(DemoFiles).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            var path = Path.Combine(folder, resource[ResourcePrefix.Length..]);
            if (!File.Exists(path))
            {
                using var content = assembly.GetManifestResourceStream(resource)!;
                WriteWhole(path, content.CopyTo);
            }
        }

        return Path.Combine(folder, "pipeline.yaml");
    }

    /// <summary>The file appears whole or not at all, also when this is interrupted.</summary>
    public static void WriteWhole(string path, Action<Stream> write)
    {
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            write(file);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
