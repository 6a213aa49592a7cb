using System.Globalization;
using System.Text.Json.Nodes;

namespace StreamPipeline.Sam.Tests.Tools;

/// <summary>A resource of the transformed template.</summary>
internal sealed record Resource(string Name, string Type, JsonObject Json)
{
    public JsonObject Properties { get; } = Json["Properties"] as JsonObject ?? [];

    public JsonNode? this[string property] => Properties[property];

    public override string ToString() => $"{Name} ({Type})";
}

/// <summary>A CloudFormation template, looked at with the defaults of its parameters.</summary>
internal sealed class Template(JsonObject json)
{
    public JsonObject Json { get; } = json;

    public JsonObject Parameters => Json["Parameters"]!.AsObject();

    public IEnumerable<Resource> Resources =>
        Json["Resources"]!.AsObject().Select(entry => new Resource(entry.Key, (string)entry.Value!["Type"]!, entry.Value!.AsObject()));

    public Resource this[string name] => Resources.Single(resource => resource.Name == name);

    public IEnumerable<Resource> Of(string type) => Resources.Where(resource => resource.Type == type);

    /// <summary>What a Ref to a parameter, a look-up in a mapping or a literal comes to; intrinsics that only a deployment resolves become text.</summary>
    public string? Value(JsonNode? node) => node switch
    {
        null => null,
        JsonValue value => value.ToString(),
        JsonObject { Count: 1 } intrinsic when intrinsic["Ref"] is { } reference =>
            Parameters[(string)reference!] is { } parameter ? Value(parameter["Default"]) : $"Ref {reference}",
        JsonObject { Count: 1 } intrinsic when intrinsic["Fn::FindInMap"] is JsonArray path =>
            Value(Json["Mappings"]![(string)path[0]!]![(string)path[1]!]![(string)path[2]!]),
        JsonObject { Count: 1 } intrinsic when intrinsic["Fn::GetAtt"] is { } attribute =>
            "GetAtt " + (attribute is JsonArray parts ? string.Join('.', parts.Select(part => (string)part!)) : (string)attribute!),
        JsonObject { Count: 1 } intrinsic when intrinsic["Fn::Sub"] is { } text => $"Sub {text}",
        _ => node.ToJsonString(),
    };

    public double Number(JsonNode? node) => double.Parse(Value(node) ?? "NaN", CultureInfo.InvariantCulture);

    /// <summary>A list, or what stands where CloudFormation takes one or many.</summary>
    public static IReadOnlyList<JsonNode> Many(JsonNode? node) => node switch
    {
        null => [],
        JsonArray list => [.. list.Select(item => item!)],
        _ => [node],
    };
}
