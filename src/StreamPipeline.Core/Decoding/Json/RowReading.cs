using System.Buffers;
using System.Text;
using System.Text.Json;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>What the value decoders share while one document becomes a row: its bytes, scratch memory, and the first violation.</summary>
/// <param name="concealed">Dotted paths of fields whose values must not appear in a violation's detail.</param>
internal sealed class RowReading(IReadOnlySet<string> concealed) : IDisposable
{
    private const int ShownMax = 60;
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(256);
    private char[] _characters = ArrayPool<char>.Shared.Rent(256);

    public ReadOnlyMemory<byte> Document { get; private set; }

    public ExtraWriter Extra { get; } = new();

    /// <summary>What is said of violations, and of other events that are rejected.</summary>
    public RepeatedTexts Texts { get; } = new();

    /// <summary>Where the violation is, a byte offset in <see cref="Document"/>.</summary>
    public int ViolationAt { get; private set; }

    /// <summary>The member that the object at <see cref="ViolationAt"/> lacks; null when the value there is at fault.</summary>
    public string? Missing { get; private set; }

    public string Detail { get; private set; } = "";

    public void Begin(ReadOnlyMemory<byte> document)
    {
        Document = document;
        Missing = null;
        Extra.Begin();
    }

    /// <summary>A string or member name without its escapes; valid until the next call.</summary>
    public ReadOnlySpan<byte> Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        Pooled.Reserve(ref _bytes, reader.ValueSpan.Length);
        return _bytes.AsSpan(0, reader.CopyString(_bytes));
    }

    /// <summary>UTF-8 as UTF-16, which is what regular expressions take; valid until the next call.</summary>
    public ReadOnlySpan<char> Characters(ReadOnlySpan<byte> utf8)
    {
        Pooled.Reserve(ref _characters, utf8.Length);
        return _characters.AsSpan(0, Encoding.UTF8.GetChars(utf8, _characters));
    }

    /// <summary>Notes that the value at the reader's token violates its field. Always false, for the caller to return.</summary>
    public bool Violates(ref Utf8JsonReader reader, ContractField field, string keyword, string expected)
    {
        ViolationAt = (int)reader.TokenStartIndex;
        Detail = Texts.Of($"found {Shown(ref reader, field)}, expected {expected} (keyword '{keyword}')");
        return false;
    }

    /// <summary>Notes that a list has too few or too many items.</summary>
    public bool ViolatesCount(int listAt, string found, string keyword, string expected)
    {
        ViolationAt = listAt;
        Detail = Texts.Of($"found {found}, expected {expected} (keyword '{keyword}')");
        return false;
    }

    /// <summary>Notes that an object lacks a member.</summary>
    public bool ViolatesRequired(int objectAt, string name)
    {
        ViolationAt = objectAt;
        Missing = name;
        Detail = Texts.Of($"'{name}' is missing (keyword 'required')");
        return false;
    }

    /// <summary>Notes that an object has a member that it must not have; the reader is at its name.</summary>
    public bool ViolatesAdditional(ref Utf8JsonReader reader)
    {
        ViolationAt = (int)reader.TokenStartIndex;
        Detail = Texts.Of($"found member \"{Texts.ExcerptOf(reader.ValueSpan, ShownMax)}\", which the contract does not name (keyword 'additionalProperties')");
        return false;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        ArrayPool<char>.Shared.Return(_characters);
    }

    private string Shown(ref Utf8JsonReader reader, ContractField field) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.Null => "null",
        _ when concealed.Contains(field.Path) => "a value that is masked",
        JsonTokenType.String => Texts.Of($"\"{Texts.ExcerptOf(reader.ValueSpan, ShownMax)}\""),
        _ => Texts.ExcerptOf(reader.ValueSpan, ShownMax),
    };
}
