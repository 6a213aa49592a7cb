namespace StreamPipeline.Core.Contracts;

/// <summary>Which keyword applies to what. Source: JSON Schema 2020-12 core and validation vocabularies.</summary>
internal static class SchemaKeywords
{
    public const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    private static readonly string[] Annotations =
    [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    ];

    private static readonly string[] Texts = ["type", "enum", "const", "minLength", "maxLength", "pattern", "format"];

    private static readonly string[] Numbers =
    [
        "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    ];

    private static readonly string[] Booleans = ["type", "enum", "const"];

    private static readonly string[] Objects = ["type", "properties", "required", "additionalProperties"];

    private static readonly string[] Lists = ["type", "items", "minItems", "maxItems"];

    public static bool IsAnnotation(string keyword) => Annotations.Contains(keyword);

    /// <summary>Whether any type has it.</summary>
    public static bool IsSupported(string keyword) =>
        Texts.Contains(keyword) || Numbers.Contains(keyword) || Objects.Contains(keyword) || Lists.Contains(keyword);

    public static bool AppliesTo(string keyword, FieldKind kind) => kind switch
    {
        FieldKind.String or FieldKind.Timestamp or FieldKind.Date => Texts.Contains(keyword),
        FieldKind.Integer or FieldKind.Number => Numbers.Contains(keyword),
        FieldKind.Boolean => Booleans.Contains(keyword),
        FieldKind.Object => Objects.Contains(keyword),
        FieldKind.List => Lists.Contains(keyword),
        _ => false,
    };

    /// <summary>The type's name in JSON Schema.</summary>
    public static string TypeName(FieldKind kind) => kind switch
    {
        FieldKind.Integer => "integer",
        FieldKind.Number => "number",
        FieldKind.Boolean => "boolean",
        FieldKind.Object => "object",
        FieldKind.List => "array",
        FieldKind.Json => "any",
        _ => "string",
    };
}
