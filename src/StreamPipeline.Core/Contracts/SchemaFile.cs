using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Contracts;

/// <summary>Reads a schema file into nodes that know their offset, and turns offsets into lines and columns.</summary>
internal sealed class SchemaFile(byte[] utf8, string name, ProblemList problems)
{
    /// <summary>Nesting of the schema itself: each level of data takes two or three (properties, the name, items).</summary>
    private const int DepthMax = 256;

    /// <summary>Null, with one problem added, when the file is not JSON.</summary>
    public SchemaNode? Read()
    {
        var bom = utf8.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        if (!Utf8.IsValid(utf8))
        {
            problems.Add(new Location(name, 1, 1), "the file is not UTF-8", "save it as UTF-8");
            return null;
        }

        var reader = new Utf8JsonReader(utf8.AsSpan(bom), new JsonReaderOptions { MaxDepth = DepthMax });
        try
        {
            reader.Read();
            var root = ReadValue(ref reader, bom);
            reader.Read();
            return root;
        }
        catch (JsonException error)
        {
            var line = (int)(error.LineNumber ?? 0) + 1;
            var column = (int)(error.BytePositionInLine ?? 0) + 1;
            problems.Add(new Location(name, line, column), $"the file is not JSON: {Reason(error)}", "mend the syntax; comments and trailing commas are not JSON");
        }
        catch (InvalidOperationException)
        {
            problems.Add(At(bom + (int)reader.TokenStartIndex), "the string holds half a surrogate pair", "write both halves, or the character itself");
        }

        return null;
    }

    /// <summary>Line and column (in characters) of a byte offset, both from 1.</summary>
    public Location At(int offset)
    {
        var before = utf8.AsSpan(0, Math.Min(offset, utf8.Length));
        var line = before.Count((byte)'\n') + 1;
        var start = before.LastIndexOf((byte)'\n') + 1;
        var characters = Encoding.UTF8.GetString(before[start..]).TrimStart('\uFEFF');
        return new Location(name, line, characters.Length + 1);
    }

    private SchemaNode ReadValue(ref Utf8JsonReader reader, int bom)
    {
        var offset = bom + (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return new SchemaNode(JsonTokenType.StartObject, offset, "", ReadMembers(ref reader, bom), []);
            case JsonTokenType.StartArray:
                var items = new List<SchemaNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadValue(ref reader, bom));
                }

                return new SchemaNode(JsonTokenType.StartArray, offset, "", [], items);
            case JsonTokenType.String:
                return new SchemaNode(JsonTokenType.String, offset, reader.GetString()!, [], []);
            default:
                return new SchemaNode(reader.TokenType, offset, Encoding.UTF8.GetString(reader.ValueSpan), [], []);
        }
    }

    private List<SchemaMember> ReadMembers(ref Utf8JsonReader reader, int bom)
    {
        var members = new List<SchemaMember>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var offset = bom + (int)reader.TokenStartIndex;
            var member = reader.GetString()!;
            reader.Read();
            if (!names.Add(member))
            {
                problems.Add(At(offset), $"'{member}' is given twice in one object", "keep one of them");
            }

            members.Add(new SchemaMember(member, offset, ReadValue(ref reader, bom)));
        }

        return members;
    }

    /// <summary>The reader's sentence without the position it appends: the problem carries one.</summary>
    private static string Reason(JsonException error)
    {
        var text = error.Message;
        var end = text.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).TrimEnd('.');
    }
}
