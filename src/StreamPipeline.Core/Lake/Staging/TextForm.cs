using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// Texts in one of the forms of <see cref="CompactColumns"/>: codes of a dictionary, or texts of one length behind a prefix (fixed-size binary, the prefix as its dictionary). Rows count from the
/// array's offset.
/// </summary>
internal readonly ref struct TextForm
{
    private readonly ReadOnlySpan<byte> _values;
    private readonly ReadOnlySpan<int> _entryOffsets;
    private readonly ReadOnlySpan<byte> _entryBytes;
    private readonly ArrayData _data;

    /// <summary>Bytes of a code or of a text without its prefix.</summary>
    private readonly int _width;

    /// <param name="data">Compact: <see cref="IsCompact"/>.</param>
    public TextForm(ArrayData data)
    {
        _data = data;
        var entries = data.Dictionary!;
        _width = data.DataType is FixedSizeBinaryType fixedSize ? fixedSize.ByteWidth : ((DictionaryType)data.DataType).IndexType is FixedWidthType index ? index.BitWidth / 8 : 0;
        _values = data.Buffers[1].Span[(data.Offset * _width)..];
        _entryOffsets = ColumnGather.Offsets(entries).Slice(entries.Offset, entries.Length + 1);
        _entryBytes = entries.Buffers[2].Span;
    }

    public static bool IsCompact(ArrayData data) => data.Dictionary is not null;

    public static bool IsCoded(ArrayData data) => data.DataType is DictionaryType;

    public static ArrayData WithPrefix(ArrayData data, byte[] prefix)
    {
        var offsets = new ArrowBuffer(MemoryMarshal.AsBytes<int>([0, prefix.Length]).ToArray());
        var entry = new ArrayData(StringType.Default, 1, 0, 0, [ArrowBuffer.Empty, offsets, new ArrowBuffer(prefix)]);
        return new ArrayData(data.DataType, data.Length, data.NullCount, data.Offset, data.Buffers, children: null, entry);
    }

    /// <summary>Entries of the dictionary; 1 for a prefix.</summary>
    public int EntryCount => _entryOffsets.Length - 1;

    public ReadOnlySpan<byte> Entry(int code) => _entryBytes[_entryOffsets[code].._entryOffsets[code + 1]];

    /// <summary>The codes of rows, of a dictionary.</summary>
    /// <exception cref="InvalidDataException">The dictionary has no such entry.</exception>
    public void CodesOf(int from, Span<int> codes)
    {
        switch (_width)
        {
            case sizeof(sbyte):
                CodeWidths.Widen(MemoryMarshal.Cast<byte, sbyte>(_values).Slice(from, codes.Length), codes);
                break;
            case sizeof(short):
                CodeWidths.Widen(MemoryMarshal.Cast<byte, short>(_values).Slice(from, codes.Length), codes);
                break;
            default:
                MemoryMarshal.Cast<byte, int>(_values).Slice(from, codes.Length).CopyTo(codes);
                break;
        }

        if (!codes.IsEmpty && IntegerRange.Of<uint>(MemoryMarshal.Cast<int, uint>(codes)).Max is var greatest && greatest >= (uint)EntryCount)
        {
            throw new InvalidDataException($"a staged file names entry {(int)greatest} of a dictionary with {EntryCount}");
        }
    }

    /// <summary>Where the texts of rows end, counted from a place on.</summary>
    /// <param name="from">The first row.</param>
    /// <param name="start">Where its text begins.</param>
    /// <param name="ends">One for each row.</param>
    public void EndsOf(int from, int start, Span<int> ends)
    {
        if (!IsCoded(_data))
        {
            var length = Entry(0).Length + _width;
            for (var i = 0; i < ends.Length; i++)
            {
                ends[i] = start += length;
            }

            return;
        }

        CodesOf(from, ends);
        for (var i = 0; i < ends.Length; i++)
        {
            ends[i] = start += _entryOffsets[ends[i] + 1] - _entryOffsets[ends[i]];
        }
    }

    /// <summary>The texts of rows, one behind the other.</summary>
    /// <param name="from">The first row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="to">As long as the texts are.</param>
    public void CopyTo(int from, int count, Span<byte> to)
    {
        if (IsCoded(_data))
        {
            Span<int> code = stackalloc int[1];
            for (var i = 0; i < count; i++)
            {
                CodesOf(from + i, code);
                Entry(code[0]).CopyTo(to);
                to = to[Entry(code[0]).Length..];
            }

            return;
        }

        var values = _values.Slice(from * _width, count * _width);
        var prefix = Entry(0);
        if (prefix.IsEmpty)
        {
            values.CopyTo(to);
            return;
        }

        FixedTexts.Join(prefix, values, _width, to);
    }

    /// <summary>The array as Arrow's utf8.</summary>
    public ArrayData Spell()
    {
        var validity = _data.Buffers[0].Span;
        var offsets = new int[_data.Length + 1];
        EndsOf(0, 0, offsets.AsSpan(1));
        var bytes = new byte[offsets[^1]];
        CopyTo(0, _data.Length, bytes);
        var bits = validity.IsEmpty ? ArrowBuffer.Empty : Bits(validity);
        return new ArrayData(StringType.Default, _data.Length, _data.NullCount, 0, [bits, new ArrowBuffer(MemoryMarshal.AsBytes<int>(offsets).ToArray()), new ArrowBuffer(bytes)]);
    }

    private ArrowBuffer Bits(ReadOnlySpan<byte> validity)
    {
        var bits = new byte[(_data.Length + 7) / 8];
        Columns.Bitmap.Append(validity, _data.Offset, bits, 0, _data.Length);
        return new ArrowBuffer(bits);
    }
}
