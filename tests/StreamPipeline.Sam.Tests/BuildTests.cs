using System.Text.Json.Nodes;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests;

/// <summary>The Makefile against SAM's contract: a target build-&lt;LogicalId&gt; per function fills ARTIFACTS_DIR. The sam CLI itself is not run.</summary>
public sealed class BuildTests(TransformedTemplate transformed)
{
    private static string Makefile { get; } = Path.Combine(Repository.Root, "sam", "Makefile");

    [Fact]
    public async Task Each_function_has_a_target_that_publishes_the_binary_and_copies_its_pipeline()
    {
        foreach (var function in (await transformed.Load()).Of("AWS::Lambda::Function"))
        {
            var steps = await ToolRun.Succeeding("make", "-n", "-f", Makefile, $"build-{function.Name}", "ARTIFACTS_DIR=/artifacts", "ARCHITECTURE=x86_64");

            Assert.Contains("StreamPipeline.Lambda.csproj", steps, StringComparison.Ordinal);
            Assert.Contains("-r linux-x64", steps, StringComparison.Ordinal);
            Assert.Contains("\"/artifacts/bootstrap\"", steps, StringComparison.Ordinal);
            Assert.Contains("\"/artifacts/pipeline", steps, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ARCHITECTURE=mips", "ARCHITECTURE is 'mips': it must be arm64 or x86_64")]
    [InlineData("ARTIFACTS_DIR=", "ARTIFACTS_DIR is not set")]
    [InlineData("PIPELINE=/nowhere", "PIPELINE is '/nowhere': there is no /nowhere/pipeline.yaml")]
    public async Task A_wrong_setting_is_named_before_anything_is_built(string setting, string said)
    {
        var run = await ToolRun.Of("make", ["-f", Makefile, "check", "ARTIFACTS_DIR=/artifacts", "project=" + Makefile, setting]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Samconfig_grants_what_the_template_needs_and_builds_in_the_repository()
    {
        var config = JsonNode.Parse(await ToolRun.Succeeding(
            "python3", "-c", "import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], 'rb'))))", Path.Combine(Repository.Root, "sam", "samconfig.toml")))!["default"]!;

        Assert.Equal("CAPABILITY_IAM", (string?)config["deploy"]!["parameters"]!["capabilities"]);
        Assert.True((bool)config["build"]!["parameters"]!["build_in_source"]!);

        // Roles with names of their own would need CAPABILITY_NAMED_IAM.
        Assert.DoesNotContain((await transformed.Load()).Of("AWS::IAM::Role"), role => role["RoleName"] is not null);
        Assert.True(((string)config["global"]!["parameters"]!["stack_name"]!).Length < 50);
    }
}
