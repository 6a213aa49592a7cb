using System.Text;
using System.Text.Json;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>
/// Finds the JSON pointer (RFC 6901) of a place in a document by reading it again. Only rejected events pay for it; a decoder that kept
/// the path at hand would make all events pay. Not for use by several threads.
/// </summary>
/// <param name="texts">Where pointers come from.</param>
internal sealed class JsonPointer(RepeatedTexts texts)
{
    /// <summary>Longest pointer, characters; longer ones end in an ellipsis.</summary>
    public const int LengthMax = 400;

    private const int NameShownMax = 100;

    /// <summary>Levels as deep as the reader goes: each is an array's index, or an object's member name.</summary>
    private readonly List<(bool IsArray, int Index, int NameStart, int NameLength)> _levels = [];
    private readonly StringBuilder _pointer = new();

    /// <param name="document">Well-formed up to <paramref name="offset"/>.</param>
    /// <param name="offset">Of the first byte of a value or of a member name.</param>
    /// <param name="missing">A member that the object at <paramref name="offset"/> should have; null: the value itself is meant.</param>
    /// <returns><c>/</c> for the document itself.</returns>
    public string At(ReadOnlySpan<byte> document, int offset, string? missing = null)
    {
        var levels = _levels;
        levels.Clear();
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = int.MaxValue });
        while (reader.Read())
        {
            var at = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    levels[^1] = (false, 0, at + 1, reader.ValueSpan.Length);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    levels.RemoveAt(levels.Count - 1);
                    continue;
                default:
                    if (levels.Count > 0 && levels[^1].IsArray)
                    {
                        levels[^1] = levels[^1] with { Index = levels[^1].Index + 1 };
                    }

                    break;
            }

            if (at >= offset)
            {
                break;
            }

            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                levels.Add((reader.TokenType == JsonTokenType.StartArray, -1, 0, 0));
            }
        }

        var pointer = _pointer.Clear();
        foreach (var (isArray, index, start, length) in levels)
        {
            pointer.Append('/');
            if (isArray)
            {
                pointer.Append(index);
            }
            else
            {
                AppendName(pointer, Name(document.Slice(start, length)));
            }

            if (pointer.Length > LengthMax)
            {
                return texts.Of(pointer.Append('…'));
            }
        }

        if (missing is not null)
        {
            AppendName(pointer.Append('/'), missing);
        }

        return pointer.Length == 0 ? "/" : texts.Of(pointer);
    }

    private string Name(ReadOnlySpan<byte> escaped)
    {
        if (!escaped.Contains((byte)'\\') || !StringEscapes.ArePaired(escaped))
        {
            return texts.ExcerptOf(escaped, NameShownMax);
        }

        // A bounded part unescapes to a bounded text; a part might end within an escape, so a long name is shown as it is.
        if (escaped.Length > NameShownMax)
        {
            return texts.ExcerptOf(escaped, NameShownMax);
        }

        Span<byte> quoted = stackalloc byte[NameShownMax + 2];
        quoted[0] = (byte)'"';
        escaped.CopyTo(quoted[1..]);
        quoted[escaped.Length + 1] = (byte)'"';
        var reader = new Utf8JsonReader(quoted[..(escaped.Length + 2)]);
        reader.Read();
        return reader.GetString()!;
    }

    private static void AppendName(StringBuilder pointer, string name) =>
        pointer.Append(name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
}
