using System.Text;
using System.Text.Json;

namespace StreamPipeline.Core.Contracts;

/// <summary>The values that <c>enum</c> and <c>const</c> allow.</summary>
/// <param name="Keyword">Which of the two.</param>
/// <param name="Values">Without null, in file order.</param>
/// <param name="HasNull">Whether null is among them and the type allows it: JSON Schema asserts <c>enum</c> on null too.</param>
internal sealed record SchemaValues(string Keyword, IReadOnlyList<SchemaNode> Values, bool HasNull)
{
    private const int ShownMax = 20;

    /// <summary>The type allows null, which is then refused only because it is not listed.</summary>
    public bool TypeHasNull { get; private init; }

    /// <summary>For people.</summary>
    public string Shown => "one of " + string.Join(", ", Values.Take(ShownMax).Select(node => node.IsString ? $"\"{node.Text}\"" : node.Shown));

    /// <summary>Null when the schema has neither keyword.</summary>
    public static SchemaValues? Read(SchemaNode schema, SchemaReport report, FieldKind kind, bool nullable)
    {
        var constant = schema.Find("const");
        var list = schema.Find("enum");
        if (constant is not null && list is not null)
        {
            report.Add(list.Offset, "'enum' beside 'const' is not supported", "keep one of them");
        }

        if (constant is null && list is null)
        {
            return null;
        }

        if (constant is null && list is not { Items.Count: > 0 })
        {
            report.Add(list!.Offset, $"'enum' is {list.Shown} without values", "write an array of at least one value");
        }

        var values = new List<SchemaNode>();
        var hasNull = false;
        foreach (var node in constant is not null ? [constant] : list!.Items)
        {
            if (node.Kind == JsonTokenType.Null && nullable)
            {
                hasNull = true;
            }
            else if (!IsOf(node, kind))
            {
                report.Add(node.Offset, $"{node.Shown} can never be a value of type '{SchemaKeywords.TypeName(kind)}'", "drop it, or change the type");
            }
            else
            {
                values.Add(node);
            }
        }

        if (values.Count == 0 && hasNull)
        {
            report.Add((constant ?? list)!.Offset, "null is the only value allowed: there is nothing to store", "list another value, or drop the field");
        }

        return new SchemaValues(constant is not null ? "const" : "enum", values, hasNull) { TypeHasNull = nullable };
    }

    private static bool IsOf(SchemaNode node, FieldKind kind) => kind switch
    {
        FieldKind.String => node.IsString,
        FieldKind.Boolean => node.Kind is JsonTokenType.True or JsonTokenType.False,
        FieldKind.Integer => node.IsNumber && ExactNumber.Parse(Encoding.ASCII.GetBytes(node.Text)).TryGetInt64(out _),
        _ => node.IsNumber && double.IsFinite(NumberKeywords.Double(node)),
    };
}
