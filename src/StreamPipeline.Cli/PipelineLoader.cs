using StreamPipeline.Cli.Output;
using StreamPipeline.Core;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Cli;

/// <summary>Loads a pipeline.yaml from the disk, for every command that takes <c>--pipeline</c>.</summary>
internal static class PipelineLoader
{
    /// <summary>The pipeline with all that its file names. Null when it has problems; they are written out.</summary>
    /// <param name="path">The pipeline.yaml.</param>
    /// <param name="environment">Looks up an environment variable; null when it is not set.</param>
    /// <param name="terminal">Gets the problems.</param>
    public static Pipeline? Compile(string path, Func<string, string?> environment, Terminal terminal)
    {
        var problems = new ProblemList();
        var pipeline = Compile(path, environment, problems);
        if (problems.Any)
        {
            ProblemReport.Write(terminal, problems.Items);
        }

        return pipeline;
    }

    public static Pipeline? Compile(string path, Func<string, string?> environment, ProblemList problems)
    {
        var settings = Load(path, problems);
        return settings is null ? null : Pipeline.Compile(settings, FolderConfigurationFiles.Beside(path), environment, problems);
    }

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
