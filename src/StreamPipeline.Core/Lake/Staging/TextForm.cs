using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// Texts in one of the forms of <see cref="CompactColumns"/>: codes of a dictionary, texts of one length behind a prefix (fixed-size binary, the prefix as its dictionary), or UUIDs (fixed-size
/// binary with an empty dictionary). Rows count from the array's offset.
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

    public static bool IsCompact(ArrayData data) => data.Dictionary is not null && data.DataType is DictionaryType or FixedSizeBinaryType;

    public static bool IsCoded(ArrayData data) => data.DataType is DictionaryType;

    public static bool IsUuids(ArrayData data) => data is { DataType: FixedSizeBinaryType, Dictionary.Length: 0 };

    public static ArrayData WithPrefix(ArrayData data, byte[] prefix) => With(data, 1, prefix);

    public static ArrayData OfUuids(ArrayData data) => With(data, 0, []);

    /// <summary>Bytes of every text, where all have the same.</summary>
    private int Length => IsUuid ? UuidTexts.TextBytes : Entry(0).Length + _width;

    private bool IsUuid => IsUuids(_data);

    /// <summary>Entries of the dictionary; 1 for a prefix, none for UUIDs.</summary>
    public int EntryCount => _entryOffsets.Length - 1;

    public ReadOnlySpan<byte> Entry(int code) => _entryBytes[_entryOffsets[code].._entryOffsets[code + 1]];

    /// <summary>The codes of rows, of a dictionary.</summary>
    /// <exception cref="InvalidDataException">The dictionary has no such entry.</exception>
    public void CodesOf(int from, Span<int> codes)
    {
        CodeWidths.Widen(_values, _width, from, codes);
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
            var length = Length;
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
        if (IsUuid)
        {
            UuidTexts.Spell(values, to);
            return;
        }

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
        var offsets = new int[_data.Length + 1];
        EndsOf(0, 0, offsets.AsSpan(1));
        var bytes = new byte[offsets[^1]];
        CopyTo(0, _data.Length, bytes);
        return new ArrayData(StringType.Default, _data.Length, _data.NullCount, 0, [RestoredColumns.ValidityOf(_data), new ArrowBuffer(MemoryMarshal.AsBytes<int>(offsets).ToArray()), new ArrowBuffer(bytes)]);
    }

    private static ArrayData With(ArrayData data, int entries, byte[] bytes)
    {
        int[] offsets = entries == 0 ? [0] : [0, bytes.Length];
        var dictionary = new ArrayData(StringType.Default, entries, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(MemoryMarshal.AsBytes<int>(offsets).ToArray()), new ArrowBuffer(bytes)]);
        return new ArrayData(data.DataType, data.Length, data.NullCount, data.Offset, data.Buffers, children: null, dictionary);
    }
}
