using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Windows.Aggregates;

namespace StreamPipeline.Core.Windows;

/// <summary>
/// A row's groupBy columns as bytes whose order is that of the values, column by column, nulls first: a tag (0 null, 1 value), then big-endian
/// numbers with the sign bit inverted, or UTF-8 ended by 0 with each 0 in it followed by 0xFF (the tuple encoding of FoundationDB).
/// A string above <see cref="TextBytesMax"/> bytes becomes its first 200 bytes (cut between characters), <c>…#</c> and the 32 hex digits of its
/// XxHash128, so that a group stays small and different strings stay different.
/// </summary>
internal sealed class GroupKeyCodec
{
    public const int TextBytesMax = 1024;

    private const int PrefixBytes = 200;
    private const ulong SignBit = 1UL << 63;

    private readonly ColumnView[] _columns;
    private readonly byte[] _buffer;

    /// <param name="keys">The columns.</param>
    /// <param name="rows">The batch.</param>
    /// <param name="memory">For the time that this is used; the caller's.</param>
    public GroupKeyCodec(ColumnPath[] keys, RecordBatch rows, ColumnBuffers memory)
    {
        _columns = System.Array.ConvertAll(keys, key => key.In(rows, memory));
        _buffer = memory.Rent(BytesMax(keys));
    }

    public static int BytesMax(IReadOnlyList<ColumnPath> keys)
    {
        var bytes = 0;
        foreach (var key in keys)
        {
            bytes += 1 + (key.Kind == ColumnKind.Text ? (2 * TextBytesMax) + 1 : sizeof(long));
        }

        return bytes;
    }

    /// <summary>The key of a row, valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(int row)
    {
        var buffer = _buffer;
        var length = 0;
        foreach (var column in _columns)
        {
            if (column.IsNull(row))
            {
                buffer[length++] = 0;
                continue;
            }

            buffer[length++] = 1;
            switch (column.Kind)
            {
                case ColumnKind.Text:
                    length += EncodeText(column.Texts[row], buffer.AsSpan(length));
                    break;
                case ColumnKind.Boolean:
                    buffer[length++] = column.Bits[row] ? (byte)1 : (byte)0;
                    break;
                case ColumnKind.Date:
                    BinaryPrimitives.WriteUInt64BigEndian(buffer.AsSpan(length), (ulong)column.Days[row] ^ SignBit);
                    length += sizeof(long);
                    break;
                default:
                    BinaryPrimitives.WriteUInt64BigEndian(buffer.AsSpan(length), (ulong)column.Longs[row] ^ SignBit);
                    length += sizeof(long);
                    break;
            }
        }

        return buffer.AsSpan(0, length);
    }

    /// <summary>Appends a key's values to one gold column per groupBy column; false when the bytes are no such key.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> key, ReadOnlySpan<ColumnPath> keys, ReadOnlySpan<GoldColumn> gold)
    {
        Span<byte> text = stackalloc byte[TextBytesMax];
        for (var i = 0; i < keys.Length; i++)
        {
            if (!TryValue(ref key, keys[i].Kind, text, out var value))
            {
                return false;
            }

            if (gold.IsEmpty)
            {
                continue;
            }

            if (value is not { } present)
            {
                gold[i].AppendNull();
            }
            else if (keys[i].Kind == ColumnKind.Text)
            {
                gold[i].Append(text[..(int)present]);
            }
            else
            {
                gold[i].Append(present);
            }
        }

        return key.IsEmpty;
    }

    /// <summary>The number, or the length of what was written to <paramref name="text"/>; null for null.</summary>
    private static bool TryValue(ref ReadOnlySpan<byte> key, ColumnKind kind, scoped Span<byte> text, out long? value)
    {
        value = null;
        if (key.IsEmpty || key[0] > 1)
        {
            return false;
        }

        var present = key[0] == 1;
        key = key[1..];
        if (!present)
        {
            return true;
        }

        switch (kind)
        {
            case ColumnKind.Text:
                var length = DecodeText(ref key, text);
                value = length;
                return length >= 0;
            case ColumnKind.Boolean:
                value = key.IsEmpty ? 2 : key[0];
                key = key.IsEmpty ? key : key[1..];
                return value <= 1;
            default:
                if (key.Length < sizeof(long))
                {
                    return false;
                }

                value = (long)(BinaryPrimitives.ReadUInt64BigEndian(key) ^ SignBit);
                key = key[sizeof(long)..];
                return kind != ColumnKind.Date || value == (int)value;
        }
    }

    private static int EncodeText(ReadOnlySpan<byte> text, Span<byte> target)
    {
        if (text.Length > TextBytesMax)
        {
            Span<byte> shortened = stackalloc byte[PrefixBytes + 64];
            return EncodeText(shortened[..Shorten(text, shortened)], target);
        }

        var length = 0;
        for (var zero = text.IndexOf((byte)0); zero >= 0; zero = text.IndexOf((byte)0))
        {
            text[..(zero + 1)].CopyTo(target[length..]);
            length += zero + 1;
            target[length++] = 0xFF;
            text = text[(zero + 1)..];
        }

        text.CopyTo(target[length..]);
        length += text.Length;
        target[length++] = 0;
        return length;
    }

    private static int Shorten(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var prefix = Utf8Text.Prefix(text, PrefixBytes);
        prefix.CopyTo(target);
        "…#"u8.CopyTo(target[prefix.Length..]);
        var length = prefix.Length + "…#"u8.Length;
        XxHash128.HashToUInt128(text).TryFormat(target[length..], out var digits, "x32", CultureInfo.InvariantCulture);
        return length + digits;
    }

    /// <summary>Length of the text, or −1 when it does not end, is too long or not UTF-8.</summary>
    private static int DecodeText(ref ReadOnlySpan<byte> key, scoped Span<byte> text)
    {
        var length = 0;
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i] == 0)
            {
                if (i + 1 == key.Length || key[i + 1] != 0xFF)
                {
                    key = key[(i + 1)..];
                    return System.Text.Unicode.Utf8.IsValid(text[..length]) ? length : -1;
                }

                if (length < text.Length)
                {
                    text[length++] = key[i++];
                    continue;
                }
            }

            if (length == text.Length)
            {
                return -1;
            }

            text[length++] = key[i];
        }

        return -1;
    }
}
