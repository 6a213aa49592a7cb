using System.IO.Compression;
using System.Text.Json;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Cli.Tests;

public sealed class SamplePipelineTests
{
    public static TheoryData<string> Names => [.. Samples.Pipelines()];

    [Fact]
    public void There_are_samples() => Assert.Equal(["flights", "iot", "orders"], Samples.Pipelines().Intersect(["flights", "iot", "orders"]));

    [Fact]
    public void The_readme_shows_a_valid_pipeline_and_names_every_key()
    {
        var readme = File.ReadAllText(Path.Combine(Samples.Folder, "..", "README.md"));
        Assert.InRange(readme.Split('\n').Length, 1, 300);
        var example = readme.Split("```yaml\n")[1].Split("```")[0];
        var problems = new ProblemList();
        PipelineFile.Parse(System.Text.Encoding.UTF8.GetBytes(example), "README.md", problems);
        Assert.Empty(problems.Items);
        PipelineFile.Parse("x: 1\ndedup: { x: 1 }\nquality: { x: 1 }\neventTime: { x: 1 }\nlimits: { x: 1 }\n"u8.ToArray(), "p.yaml", problems);
        var known = problems.Items.Where(p => p.Fix.StartsWith("known keys: ", StringComparison.Ordinal)).SelectMany(p => p.Fix["known keys: ".Length..].Split(", "));
        Assert.All(known, key => Assert.Matches($@"\b{key}\b", readme));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_sample_pipeline_is_valid(string name)
    {
        using var terminal = new TestTerminal();
        var code = await terminal.RunAsync("validate", "--pipeline", Path.Combine(Samples.Folder, name, "pipeline.yaml"));
        Assert.Equal("", terminal.Error);
        Assert.Equal(ExitCode.Done, code);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_contract_rejects_exactly_the_events_that_were_counted_as_broken(string name)
    {
        var folder = Path.Combine(Samples.Folder, name);
        var problems = new ProblemList();
        var settings = PipelineFile.Parse(File.ReadAllBytes(Path.Combine(folder, "pipeline.yaml")), "pipeline.yaml", problems)!;
        var contract = Contract.Compile(File.ReadAllBytes(Path.Combine(folder, settings.ContractFile)), settings.ContractFile, problems);
        Assert.Empty(problems.Items);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));

        using var decoder = new JsonDecoder(contract!, settings.Limits);
        var rejections = new List<Rejection>();
        var lines = Lines(folder);
        for (var i = 0; i < lines.Count; i++)
        {
            Assert.Equal(1, decoder.Append(lines[i], i, 0, rejections));
        }

        Assert.Equal(expected.RootElement.GetProperty("lines").GetInt32(), lines.Count);
        if (expected.RootElement.TryGetProperty("reasons", out var reasons))
        {
            // Rules, which run later, find the rest.
            var broken = reasons.EnumerateObject().Where(reason => reason.Name != QuarantineReason.Quality).ToDictionary(reason => reason.Name, reason => reason.Value.GetInt32());
            Assert.Equal(broken, rejections.GroupBy(rejection => rejection.Reason).ToDictionary(group => group.Key, group => group.Count()));
        }
        else
        {
            Assert.Equal(expected.RootElement.GetProperty("quarantined").GetInt32(), rejections.Count);
        }
    }

    private static List<byte[]> Lines(string folder)
    {
        var file = Directory.EnumerateFiles(folder, "*.ndjson*").Single();
        using var stream = File.OpenRead(file);
        using var text = new StreamReader(file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream);
        var lines = new List<byte[]>();
        while (text.ReadLine() is { } line)
        {
            lines.Add(System.Text.Encoding.UTF8.GetBytes(line));
        }

        return lines;
    }
}
