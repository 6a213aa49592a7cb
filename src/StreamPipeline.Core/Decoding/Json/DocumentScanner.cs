using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>
/// Looks at a document before it becomes a row: where it ends, and what no contract is asked about (syntax, depth, names given twice, broken
/// surrogates). Whoever decodes it afterwards meets no surprise. Not for use by several threads.
/// </summary>
/// <param name="depthMax">Deepest nesting of objects and arrays; the document itself is 1.</param>
internal sealed class DocumentScanner(int depthMax) : IDisposable
{
    private const string CutShort = "it ends before it is complete";

    private readonly MemberNames _names = new();
    private readonly int[] _objects = new int[depthMax + 1];
    private byte[] _scratch = ArrayPool<byte>.Shared.Rent(256);

    /// <param name="text">Starts with a non-blank byte; may hold more behind the document.</param>
    public DocumentScan Scan(ReadOnlySpan<byte> text)
    {
        // Read as if more might follow, a document that was cut short ends without an exception, which would cost more than a hundred documents do. Where a
        // number might end, or a comma is the last byte, the reader of all the text is asked, for it may find the document whole, or broken before its end.
        return Scan(text, isAll: false) is { } scan ? scan
            : text[0] is (byte)'{' or (byte)'[' or (byte)'"' && text[^1] != ',' ? Broken(text, text.Length, CutShort, new State { TooDeepAt = -1 })
            : Scan(text, isAll: true)!.Value;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_scratch);

    /// <summary>Null: the text ended before the document did, unless it is known to be all.</summary>
    private DocumentScan? Scan(ReadOnlySpan<byte> text, bool isAll)
    {
        _names.Clear();

        // Depth is limited below, where it can be told from bad syntax; the reader itself needs one bit per level and does not recurse.
        var reader = new Utf8JsonReader(text, isAll, new JsonReaderState(new JsonReaderOptions { MaxDepth = int.MaxValue }));
        var state = new State { TooDeepAt = -1, DuplicateAt = -1, HalfPairAt = -1 };
        try
        {
            while (reader.Read())
            {
                if (!Note(ref reader, ref state))
                {
                    return ScanDeep(text, (int)reader.TokenStartIndex, state);
                }

                if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                {
                    return new DocumentScan(
                        true, (int)reader.BytesConsumed, text[0] == '{', state.TooDeepAt, state.DuplicateAt, state.HalfPairAt, -1, false, "");
                }
            }

            return isAll ? Broken(text, text.Length, CutShort, state) : null;
        }
        catch (JsonException error)
        {
            return Broken(text, Offset(text, error), Reason(error), state);
        }
    }

    /// <summary>False when the depth limit is crossed for the first time.</summary>
    private bool Note(ref Utf8JsonReader reader, ref State state)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                if (reader.CurrentDepth >= depthMax)
                {
                    return false;
                }

                _objects[reader.CurrentDepth] = ++state.Objects;
                break;
            case JsonTokenType.PropertyName:
                NoteString(ref reader, ref state);
                NoteName(ref reader, ref state);
                break;
            case JsonTokenType.String:
                NoteString(ref reader, ref state);
                break;
            default:
                break;
        }

        return true;
    }

    private static void NoteString(ref Utf8JsonReader reader, ref State state)
    {
        if (reader.ValueIsEscaped && state.HalfPairAt < 0 && !StringEscapes.ArePaired(reader.ValueSpan))
        {
            state.HalfPairAt = (int)reader.TokenStartIndex;
        }
    }

    private void NoteName(ref Utf8JsonReader reader, ref State state)
    {
        if (state.DuplicateAt >= 0)
        {
            return;
        }

        var name = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            // Such a document is rejected as it is; unescaping its names would throw.
            if (state.HalfPairAt >= 0 || !Utf8.IsValid(name))
            {
                return;
            }

            Pooled.Reserve(ref _scratch, name.Length);
            name = _scratch.AsSpan(0, reader.CopyString(_scratch));
        }

        if (!_names.TryAdd(_objects[reader.CurrentDepth - 1], name))
        {
            state.DuplicateAt = (int)reader.TokenStartIndex;
        }
    }

    /// <summary>
    /// A document too deep is followed to its end within its line only: across lines, text that only ever opens would be scanned again from
    /// each of its lines, and nothing but the depth limit bounds that.
    /// </summary>
    private static DocumentScan ScanDeep(ReadOnlySpan<byte> text, int deepAt, State state)
    {
        var line = text.IndexOf((byte)'\n');
        var within = line < 0 ? text : text[..line];
        state.TooDeepAt = deepAt;
        if (deepAt < within.Length)
        {
            var reader = new Utf8JsonReader(within, new JsonReaderOptions { MaxDepth = int.MaxValue });
            try
            {
                while (reader.Read())
                {
                    if (reader.CurrentDepth == 0 && reader.TokenType is (JsonTokenType.EndObject or JsonTokenType.EndArray))
                    {
                        return new DocumentScan(true, (int)reader.BytesConsumed, text[0] == '{', deepAt, -1, -1, -1, false, "");
                    }
                }
            }
            catch (JsonException)
            {
                // Broken behind the point where it is too deep: the depth is what is reported.
            }
        }

        return Broken(text, deepAt, "", state);
    }

    private static DocumentScan Broken(ReadOnlySpan<byte> text, int at, string reason, State state)
    {
        var line = text.IndexOf((byte)'\n');
        return new DocumentScan(false, 0, false, state.TooDeepAt, -1, -1, at, line >= 0 && at > line, reason);
    }

    private static int Offset(ReadOnlySpan<byte> text, JsonException error)
    {
        var start = 0;
        for (var line = error.LineNumber ?? 0; line > 0; line--)
        {
            start += text[start..].IndexOf((byte)'\n') + 1;
        }

        return (int)Math.Min(text.Length, start + (error.BytePositionInLine ?? 0));
    }

    /// <summary>The reader's sentence without the position it appends, which counts from elsewhere.</summary>
    private static string Reason(JsonException error)
    {
        var end = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return error.Message[..Math.Min(end < 0 ? error.Message.Length : end, 200)].TrimEnd('.');
    }

    private struct State
    {
        public int Objects;
        public int TooDeepAt;
        public int DuplicateAt;
        public int HalfPairAt;
    }
}
