using System.Reflection;
using StreamPipeline.Core;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Benchmarks.Input;

/// <summary>The pipelines of the benchmarks, embedded in the executable.</summary>
internal static class BenchPipelines
{
    public static IConfigurationFiles Files { get; } = new EmbeddedFiles();

    /// <exception cref="InvalidOperationException">It has problems: a bug in this project.</exception>
    public static Pipeline Compile(EventShape shape)
    {
        var problems = new ProblemList();
        var settings = Settings(shape, problems);
        var pipeline = settings is null ? null : Pipeline.Compile(settings, Files, _ => null, problems);
        return pipeline ?? throw new InvalidOperationException(string.Join('\n', problems.Items));
    }

    public static PipelineSettings? Settings(EventShape shape, ProblemList problems)
    {
        var name = shape == EventShape.Iot ? "iot.yaml" : "flights.yaml";
        return PipelineFile.Parse(Files.Read(name, out _)!, name, problems);
    }

    private sealed class EmbeddedFiles : IConfigurationFiles
    {
        public byte[]? Read(string relativePath, out string error)
        {
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(relativePath);
            if (stream is null)
            {
                error = $"{relativePath} is not embedded in this executable";
                return null;
            }

            error = "";
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }
}
