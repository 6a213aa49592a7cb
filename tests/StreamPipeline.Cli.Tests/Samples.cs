namespace StreamPipeline.Cli.Tests;

/// <summary>The repository's events/ folder.</summary>
internal static class Samples
{
    public static string Folder { get; } = Path.Combine(Root(), "events");

    /// <summary>Every folder that holds a pipeline.</summary>
    public static IEnumerable<string> Pipelines() =>
        Directory.EnumerateFiles(Folder, "pipeline.yaml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, Path.GetDirectoryName(file)!))
            .Order(StringComparer.Ordinal);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "StreamPipeline.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
