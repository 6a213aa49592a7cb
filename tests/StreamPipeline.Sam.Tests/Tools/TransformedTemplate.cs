using System.Text.Json.Nodes;

[assembly: AssemblyFixture(typeof(StreamPipeline.Sam.Tests.Tools.TransformedTemplate))]

namespace StreamPipeline.Sam.Tests.Tools;

/// <summary>The template as CloudFormation gets it, transformed once for all tests.</summary>
public sealed class TransformedTemplate
{
    /// <summary>Where the functions' code would be after <c>sam package</c>.</summary>
    public const string CodeBucket = "artifacts";

    public const string CodeKey = "function.zip";

    public const string Region = "eu-central-1";

    private readonly Lazy<Task<string>> _json = new(() =>
        ToolRun.Succeeding("python3", Repository.Script("transform.py"), Repository.Template, Region, $"s3://{CodeBucket}/{CodeKey}"));

    /// <summary>A copy of its own, to read or to change.</summary>
    internal async Task<Template> Load() => new(JsonNode.Parse(await _json.Value)!.AsObject());
}
