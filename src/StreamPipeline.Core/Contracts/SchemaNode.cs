using System.Text.Json;

namespace StreamPipeline.Core.Contracts;

/// <summary>A JSON value of a schema file that remembers where it stands.</summary>
/// <param name="Kind">The value's first token.</param>
/// <param name="Offset">Byte offset in the file.</param>
/// <param name="Text">Strings: unescaped; everything else: as written, for objects and arrays empty.</param>
/// <param name="Members">Of an object, in file order.</param>
/// <param name="Items">Of an array.</param>
internal sealed record SchemaNode(
    JsonTokenType Kind, int Offset, string Text, IReadOnlyList<SchemaMember> Members, IReadOnlyList<SchemaNode> Items)
{
    public bool IsObject => Kind == JsonTokenType.StartObject;

    public bool IsString => Kind == JsonTokenType.String;

    public bool IsNumber => Kind == JsonTokenType.Number;

    /// <summary>For messages: the value, shortened.</summary>
    public string Shown => Kind switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => $"\"{Shorten(Text)}\"",
        _ => Shorten(Text),
    };

    public SchemaNode? Find(string name)
    {
        foreach (var member in Members)
        {
            if (member.Name == name)
            {
                return member.Value;
            }
        }

        return null;
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}

internal sealed record SchemaMember(string Name, int NameOffset, SchemaNode Value);
