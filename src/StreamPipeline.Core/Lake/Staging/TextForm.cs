using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

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

    /// <summary>Of a dictionary.</summary>
    /// <exception cref="InvalidDataException">The dictionary has no such entry.</exception>
    public int CodeOf(int row)
    {
        var code = _width switch
        {
            sizeof(sbyte) => (sbyte)_values[row],
            sizeof(short) => MemoryMarshal.Cast<byte, short>(_values)[row],
            _ => MemoryMarshal.Cast<byte, int>(_values)[row],
        };
        return (uint)code < (uint)EntryCount ? code : throw new InvalidDataException($"a staged file names entry {code} of a dictionary with {EntryCount}");
    }

    public int LengthOf(int row) => IsCoded(_data) ? Entry(CodeOf(row)).Length : Entry(0).Length + _width;

    public void CopyTo(int row, Span<byte> to)
    {
        if (IsCoded(_data))
        {
            Entry(CodeOf(row)).CopyTo(to);
            return;
        }

        Entry(0).CopyTo(to);
        _values.Slice(row * _width, _width).CopyTo(to[Entry(0).Length..]);
    }

    /// <summary>The array as Arrow's utf8.</summary>
    public ArrayData Spell()
    {
        var validity = _data.Buffers[0].Span;
        var offsets = new int[_data.Length + 1];
        for (var row = 0; row < _data.Length; row++)
        {
            offsets[row + 1] = checked(offsets[row] + LengthOf(row));
        }

        var bytes = new byte[offsets[^1]];
        for (var row = 0; row < _data.Length; row++)
        {
            CopyTo(row, bytes.AsSpan(offsets[row]));
        }

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
