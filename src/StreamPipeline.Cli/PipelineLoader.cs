using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Cli;

/// <summary>Loads a pipeline.yaml from the disk, for every command that takes <c>--pipeline</c>.</summary>
internal static class PipelineLoader
{
    /// <summary>Null with problems added when the file cannot be read or has a mistake.</summary>
    public static PipelineSettings? Load(string path, ProblemList problems)
    {
        var files = FolderConfigurationFiles.Beside(path);
        if (files.Read(Path.GetFileName(path), out var error) is { } content)
        {
            return PipelineFile.Parse(content, path, problems);
        }

        problems.Add(new Location(path, 0, 0), error, "check the path given as --pipeline");
        return null;
    }
}
