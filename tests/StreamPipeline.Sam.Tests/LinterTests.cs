using System.Text.Json.Nodes;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests;

public sealed class LinterTests(TransformedTemplate transformed) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sam-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Cfn_lint_has_no_objection_to_the_template() =>
        Assert.Equal("", await ToolRun.Succeeding("cfn-lint", "--include-checks", "I", "--", Repository.Template));

    [Fact]
    public async Task Cfn_lint_has_no_objection_to_the_transformed_template() =>
        Assert.Equal("", await ToolRun.Succeeding("cfn-lint", "--", await Write(await transformed.Load())));

    [Fact]
    public async Task Cfn_lint_objects_to_a_property_that_does_not_exist()
    {
        var template = await transformed.Load();
        template["Stream"].Properties["Shards"] = 1;

        var run = await ToolRun.Of("cfn-lint", ["--", await Write(template)]);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("Shards", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cdk_nag_finds_nothing_that_the_template_does_not_justify()
    {
        var report = await Nag(await transformed.Load());

        Assert.Empty(Texts(report["findings"]!, finding => finding["reason"] is null));
        Assert.Empty(Texts(report["unused"]!, _ => true));
        Assert.All(report["findings"]!.AsArray(), finding => Assert.True(((string)finding!["reason"]!).Length > 20, $"{finding["rule"]}: no reason"));
    }

    [Fact]
    public async Task Cdk_nag_finds_what_the_template_does_not_justify()
    {
        var template = await transformed.Load();
        template["StateTable"].Properties.Remove("PointInTimeRecoverySpecification");
        template["FoldFunction"].Properties.Remove("TracingConfig");
        template["RollRole"]["Policies"]![0]!["PolicyDocument"]!["Statement"]![0]!["Resource"] = "*";
        template["DeadLetters"].Json.Remove("Metadata");
        template["LogBucket"].Json["Metadata"] = JsonNode.Parse("""{"cdk_nag":{"rules_to_suppress":[{"id":"AwsSolutions-S1","reason":"not needed"}]}}""");

        var report = await Nag(template);

        var found = Texts(report["findings"]!, finding => finding["reason"] is null);
        Assert.Contains(found, text => text.StartsWith("AwsSolutions-DDB3 StateTable", StringComparison.Ordinal));
        Assert.Contains(found, text => text.StartsWith("Serverless-LambdaTracing FoldFunction", StringComparison.Ordinal));
        Assert.Contains(found, text => text.StartsWith("AwsSolutions-SQS3 DeadLetters", StringComparison.Ordinal));
        Assert.Equal(["AwsSolutions-S1 LogBucket"], Texts(report["unused"]!, _ => true));
    }

    private async Task<JsonNode> Nag(Template template) =>
        JsonNode.Parse(await ToolRun.Succeeding("node", Repository.Script("nag.cjs"), await Write(template)))!;

    private static List<string> Texts(JsonNode list, Func<JsonNode, bool> where) =>
        [.. list.AsArray().Where(item => where(item!)).Select(item => $"{item!["rule"]} {item["resource"]} {item["text"]}".TrimEnd())];

    private async Task<string> Write(Template template)
    {
        var file = Path.Combine(_folder.FullName, "template.json");
        await File.WriteAllTextAsync(file, template.Json.ToJsonString(), TestContext.Current.CancellationToken);
        return file;
    }
}
