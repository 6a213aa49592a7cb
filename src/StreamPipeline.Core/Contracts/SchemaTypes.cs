using System.Text;
using System.Text.Json;

namespace StreamPipeline.Core.Contracts;

internal readonly record struct SchemaType(FieldKind Kind, bool Nullable);

/// <summary>Reads <c>type</c>, or infers it from <c>enum</c> and <c>const</c>.</summary>
internal sealed class SchemaTypes(SchemaReport report)
{
    private const string Choices = "write one of string, integer, number, boolean, object, array, or [one of them, \"null\"]";

    /// <summary>Null, with a problem, when there is no one type.</summary>
    public SchemaType? Of(SchemaNode schema, Place place)
    {
        if (schema.Find("type") is not { } type)
        {
            return Infer(schema, place);
        }

        if (type.IsString)
        {
            return Named(type) is { } kind ? new SchemaType(kind, false) : null;
        }

        if (type.Kind != JsonTokenType.StartArray || type.Items.Count == 0)
        {
            report.Add(type.Offset, $"'type' is {type.Shown}", Choices);
            return null;
        }

        return OfUnion(type);
    }

    private SchemaType? OfUnion(SchemaNode type)
    {
        FieldKind? found = null;
        var nullable = false;
        foreach (var item in type.Items)
        {
            if (item is { IsString: true, Text: "null" })
            {
                nullable = true;
                continue;
            }

            if (Named(item) is not { } kind)
            {
                return null;
            }

            if (found is not null)
            {
                report.Add(type.Offset, "a union of several types is not supported: a column has one", Choices + ", or leave out 'type', to keep it as JSON text");
                return null;
            }

            found = kind;
        }

        if (found is null)
        {
            report.Add(type.Offset, "'type' is null only: there is nothing to store", Choices);
            return null;
        }

        return new SchemaType(found.Value, nullable);
    }

    private FieldKind? Named(SchemaNode type)
    {
        FieldKind? kind = (type.IsString ? type.Text : "") switch
        {
            "string" => FieldKind.String,
            "integer" => FieldKind.Integer,
            "number" => FieldKind.Number,
            "boolean" => FieldKind.Boolean,
            "object" => FieldKind.Object,
            "array" => FieldKind.List,
            _ => null,
        };
        if (kind is null)
        {
            report.Add(type.Offset, $"'type' is {type.Shown}, which is not supported", Choices);
        }

        return kind;
    }

    private SchemaType? Infer(SchemaNode schema, Place place)
    {
        var nodes = schema.Find("const") is { } constant ? [constant] : schema.Find("enum")?.Items;
        if (nodes is null)
        {
            return NoType(schema, place);
        }

        FieldKind? found = null;
        var nullable = false;
        foreach (var node in nodes)
        {
            if (node.Kind == JsonTokenType.Null)
            {
                nullable = true;
                continue;
            }

            var kind = KindOf(node);
            var widened = (found, kind) switch
            {
                (null, _) => kind,
                (FieldKind.Integer, FieldKind.Number) or (FieldKind.Number, FieldKind.Integer) => FieldKind.Number,
                _ => found == kind ? kind : null,
            };
            if (widened is null)
            {
                report.Add(node.Offset, $"{node.Shown} is of another type than the values before it, or of one that is not supported", "list strings, or numbers, or booleans, and null");
                return null;
            }

            found = widened;
        }

        if (found is null)
        {
            report.Add(schema.Offset, $"the type of '{place.Shown}' cannot be told from its values", Choices);
            return null;
        }

        return new SchemaType(found.Value, nullable);
    }

    private SchemaType? NoType(SchemaNode schema, Place place)
    {
        foreach (var (keyword, offset, _) in schema.Members)
        {
            if (SchemaKeywords.IsSupported(keyword))
            {
                report.Add(offset, $"'{place.Shown}' has '{keyword}' but no 'type'", Choices);
                return null;
            }
        }

        return new SchemaType(FieldKind.Json, true);
    }

    private static FieldKind? KindOf(SchemaNode node) => node.Kind switch
    {
        JsonTokenType.String => FieldKind.String,
        JsonTokenType.True or JsonTokenType.False => FieldKind.Boolean,
        JsonTokenType.Number => ExactNumber.Parse(Encoding.ASCII.GetBytes(node.Text)).IsInteger ? FieldKind.Integer : FieldKind.Number,
        _ => null,
    };
}
