using System.Buffers;
using System.Text;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// An Arrow schema as JSON that people can read: <c>[{"name":"a","type":"int64","nullable":true}, …]</c>; structs and lists carry
/// their members in <c>fields</c>. Types: bool, int32, int64, float, double, date32, utf8, binary,
/// timestamp[ms|us|ns] with an optional <c>,zone</c>, list, struct.
/// </summary>
internal static class SchemaJson
{
    private const int DepthMax = 128;

    public static string Write(Schema schema)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = 2 * DepthMax }))
        {
            WriteFields(json, schema.FieldsList);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <exception cref="InvalidDataException">A type is unknown, or a member is missing.</exception>
    public static Schema Read(JsonElement json) => new(ReadFields(json), null);

    /// <summary>Whether the JSON of both is the same, without writing it.</summary>
    public static bool Same(IReadOnlyList<Field> left, IReadOnlyList<Field> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Count; i++)
        {
            var (one, other) = (left[i], right[i]);
            if (one.Name != other.Name || one.IsNullable != other.IsNullable || NameOf(one.DataType) != NameOf(other.DataType))
            {
                return false;
            }

            if (one.DataType is NestedType nested && !(other.DataType is NestedType those && Same(nested.Fields, those.Fields)))
            {
                return false;
            }
        }

        return true;
    }

    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<Field> fields)
    {
        json.WriteStartArray();
        foreach (var field in fields)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WriteString("type", NameOf(field.DataType));
            json.WriteBoolean("nullable", field.IsNullable);
            if (field.DataType is NestedType nested)
            {
                json.WritePropertyName("fields");
                WriteFields(json, nested.Fields);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string NameOf(IArrowType type) => type switch
    {
        BooleanType => "bool",
        Int32Type => "int32",
        Int64Type => "int64",
        FloatType => "float",
        DoubleType => "double",
        Date32Type => "date32",
        StringType => "utf8",
        BinaryType => "binary",
        ListType => "list",
        StructType => "struct",
        TimestampType { Timezone: { Length: > 0 } zone } t => $"timestamp[{Unit(t.Unit)},{zone}]",
        TimestampType t => $"timestamp[{Unit(t.Unit)}]",
        _ => type.Name,
    };

    private static string Unit(TimeUnit unit) => unit switch
    {
        TimeUnit.Millisecond => "ms",
        TimeUnit.Microsecond => "us",
        TimeUnit.Nanosecond => "ns",
        _ => "s",
    };

    private static List<Field> ReadFields(JsonElement json)
    {
        var fields = new List<Field>();
        foreach (var item in json.EnumerateArray())
        {
            var name = item.GetProperty("name").GetString() ?? "";
            var nested = item.TryGetProperty("fields", out var members) ? ReadFields(members) : [];
            fields.Add(new Field(name, TypeOf(item.GetProperty("type").GetString() ?? "", nested, name), item.GetProperty("nullable").GetBoolean()));
        }

        return fields;
    }

    private static IArrowType TypeOf(string type, List<Field> nested, string column) => type switch
    {
        "bool" => BooleanType.Default,
        "int32" => Int32Type.Default,
        "int64" => Int64Type.Default,
        "float" => FloatType.Default,
        "double" => DoubleType.Default,
        "date32" => Date32Type.Default,
        "utf8" => StringType.Default,
        "binary" => BinaryType.Default,
        "list" when nested.Count == 1 => new ListType(nested[0]),
        "struct" => new StructType(nested),
        _ when type.StartsWith("timestamp[", StringComparison.Ordinal) && type[^1] == ']' => Timestamp(type[10..^1], column),
        _ => throw new InvalidDataException($"column '{column}' has the unknown type '{type}'"),
    };

    private static TimestampType Timestamp(string text, string column)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var unit = (comma < 0 ? text : text[..comma]) switch
        {
            "ms" => TimeUnit.Millisecond,
            "us" => TimeUnit.Microsecond,
            "ns" => TimeUnit.Nanosecond,
            "s" => TimeUnit.Second,
            var other => throw new InvalidDataException($"column '{column}' has the unknown time unit '{other}'"),
        };
        return new TimestampType(unit, comma < 0 ? null : text[(comma + 1)..]);
    }
}
