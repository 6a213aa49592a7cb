using System.Text;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Tests.Configuration;

/// <summary>Parses a text as the file <c>p.yaml</c>.</summary>
internal static class Yaml
{
    /// <summary>The smallest valid file, for tests that add one thing.</summary>
    public const string Minimal = "name: flights\nstream: flights\ncontract: c.json\neventTime: { field: scheduled }\n";

    public static (PipelineSettings? Settings, IReadOnlyList<Problem> Problems) Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    public static (PipelineSettings? Settings, IReadOnlyList<Problem> Problems) Parse(byte[] utf8)
    {
        var problems = new ProblemList();
        var settings = PipelineFile.Parse(utf8, "p.yaml", problems);
        Assert.Equal(problems.Any, settings is null);
        return (settings, problems.Items);
    }

    public static PipelineSettings Valid(string text)
    {
        var (settings, problems) = Parse(text);
        Assert.Empty(problems);
        return settings!;
    }

    public static Problem OneProblem(string text) => Assert.Single(Parse(text).Problems);
}
