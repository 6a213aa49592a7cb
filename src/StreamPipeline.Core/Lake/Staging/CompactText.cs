using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>Makes texts shorter. Owner: <see cref="CompactColumns"/>, whose memory the results lie in.</summary>
internal sealed class CompactText(ColumnBuffers memory) : IDisposable
{
    /// <summary>Part of its bytes that a text may take as a dictionary: it has to pay for being looked up.</summary>
    private const double DictionaryShare = 0.4;

    /// <summary>Rows after which a dictionary is given up that will not pay: a batch has some thousand.</summary>
    private const int FirstLook = 256;

    private readonly TextDictionary _texts = new();
    private readonly NumberDictionary _words = new();
    private readonly PooledArray<ulong> _keys = new();
    private readonly PooledArray<int> _codes = new();

    /// <summary>The first row of each code.</summary>
    private readonly List<int> _entries = [];

    public void Dispose()
    {
        _codes.Dispose();
        _texts.Dispose();
        _words.Dispose();
        _keys.Dispose();
    }

    /// <summary>The field itself when the column stays as it is. What is cheap to find out comes first.</summary>
    /// <param name="field">Of the column.</param>
    /// <param name="data">Not a slice, and not empty.</param>
    public (Field Field, ArrayData Data) Of(Field field, ArrayData data)
    {
        var text = new TextSpan(ColumnGather.Offsets(data)[..(data.Length + 1)], data.Buffers[2].Span);
        var length = text.Bytes(0, 1);
        if (!text.AreAllOf(length))
        {
            return TryCode(text) ? AsDictionary(field, data, text) : (field, data);
        }

        var all = text.All.Slice(text.Offsets[0], text.Count * length);
        if (text.Count > 1 && all[length..].SequenceEqual(all[..^length]))
        {
            _codes.Clear();
            _codes.Extend(text.Count).Clear();
            _entries.Clear();
            _entries.Add(0);
            return AsDictionary(field, data, text);
        }

        var shared = Shared(all, length);
        var isFixed = length > 0 && data.NullCount == 0;
        return isFixed && shared * 2 >= length ? AsFixed(field, data, length, shared)
            : TryCode(text) ? AsDictionary(field, data, text)
            : isFixed ? TryUuids(field, data, all) ?? AsFixed(field, data, length, shared)
            : (field, data);
    }

    /// <summary>Gives each text a code, if that is shorter. A null's text is the empty one.</summary>
    private bool TryCode(TextSpan text)
    {
        _entries.Clear();
        var share = (sizeof(int) + ((double)text.Bytes(0, text.Count) / text.Count)) * DictionaryShare;
        if (TryWords(text))
        {
            if (!_words.TryBuild<ulong>(_keys.Span, _codes, share, FirstLook))
            {
                return false;
            }

            AddFirsts(_words.Count);
            return true;
        }

        if (!_texts.TryBuild(text, _codes, share, FirstLook))
        {
            return false;
        }

        AddFirsts(_texts.Count);
        return true;
    }

    /// <summary>Codes are given in the order of their first rows.</summary>
    private void AddFirsts(int count)
    {
        var codes = _codes.Span;
        for (var row = 0; _entries.Count < count; row++)
        {
            if (codes[row] == _entries.Count)
            {
                _entries.Add(row);
            }
        }
    }

    /// <summary>Texts of up to seven bytes, and their length, are a word: nothing needs to be hashed or compared byte by byte.</summary>
    private bool TryWords(TextSpan text)
    {
        const int LengthMax = sizeof(ulong) - 1;
        _keys.Clear();
        var keys = _keys.Extend(text.Count);
        var ends = text.Offsets.Slice(1, keys.Length);
        var all = text.All;
        var at = text.Offsets[0];
        for (var i = 0; i < keys.Length; i++)
        {
            var length = ends[i] - at;
            if ((uint)length > LengthMax)
            {
                return false;
            }

            var word = at <= all.Length - sizeof(ulong) ? MemoryMarshal.Read<ulong>(all[at..]) : TextKey.Of(all.Slice(at, length)).Low;
            keys[i] = (word & ~(ulong.MaxValue << (8 * length))) | ((ulong)length << (8 * LengthMax));
            at = ends[i];
        }

        return true;
    }

    private (Field Field, ArrayData Data) AsDictionary(Field field, ArrayData data, TextSpan text)
    {
        var codes = _codes.Span;
        IntegerType index = _entries.Count <= sbyte.MaxValue + 1 ? Int8Type.Default : _entries.Count <= short.MaxValue + 1 ? Int16Type.Default : Int32Type.Default;
        var type = new DictionaryType(index, StringType.Default, ordered: false);
        return (
            new Field(field.Name, type, field.IsNullable),
            new ArrayData(type, data.Length, data.NullCount, 0, [data.Buffers[0], Narrow(codes, index)], children: null, Entries(text)));
    }

    private ArrowBuffer Narrow(ReadOnlySpan<int> codes, IntegerType type)
    {
        var bytes = codes.Length * type.BitWidth / 8;
        var narrow = memory.Rent(bytes);
        CodeWidths.Narrow(codes, type, narrow);
        return new ArrowBuffer(narrow.AsMemory(0, bytes));
    }

    private ArrayData Entries(TextSpan text)
    {
        var offsets = memory.Rent((_entries.Count + 1) * sizeof(int));
        var ends = MemoryMarshal.Cast<byte, int>(offsets.AsSpan())[..(_entries.Count + 1)];
        ends[0] = 0;
        for (var code = 0; code < _entries.Count; code++)
        {
            ends[code + 1] = ends[code] + text.Bytes(_entries[code], 1);
        }

        var bytes = memory.Rent(ends[^1]);
        for (var code = 0; code < _entries.Count; code++)
        {
            text[_entries[code]].CopyTo(bytes.AsSpan(ends[code]));
        }

        return new ArrayData(
            StringType.Default, _entries.Count, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(offsets.AsMemory(0, ends.Length * sizeof(int))), new ArrowBuffer(bytes.AsMemory(0, ends[^1]))]);
    }

    /// <summary>Bytes that all texts begin with, in whole characters and fewer than they have; 0 for short ones. A block at a time, over all texts.</summary>
    private static int Shared(ReadOnlySpan<byte> all, int length)
    {
        if (length < sizeof(ulong))
        {
            return 0;
        }

        var first = all[..length];
        var shared = Math.Min(length - 1, first.CommonPrefixLength(all[^length..]));
        var block = length >= Vector256<byte>.Count ? Vector256<byte>.Count : sizeof(ulong);
        for (var from = 0; from < shared; from += block)
        {
            // The last block overlaps the one before, so that it ends with the text.
            var at = Math.Min(from, length - block);
            var same = block == sizeof(ulong) ? SameInWord(all[at..], length) : SameInBlock(all[at..], length);
            shared = same == block ? shared : Math.Min(shared, at + same);
        }

        // A character's further bytes begin with the bits 10.
        while (shared > 0 && (first[shared] & 0xC0) == 0x80)
        {
            shared--;
        }

        // Metadata is text: of bytes that are none it would keep something else.
        return Utf8.IsValid(first[..shared]) ? shared : 0;
    }

    /// <summary>How many of their first eight bytes are the same in all texts.</summary>
    private static int SameInWord(ReadOnlySpan<byte> texts, int step)
    {
        var expected = BinaryPrimitives.ReadUInt64LittleEndian(texts);
        ulong differences = 0;
        for (var from = step; from < texts.Length; from += step)
        {
            differences |= BinaryPrimitives.ReadUInt64LittleEndian(texts.Slice(from, sizeof(ulong))) ^ expected;
        }

        return BitOperations.TrailingZeroCount(differences) / 8;
    }

    /// <summary>How many of their first 32.</summary>
    private static int SameInBlock(ReadOnlySpan<byte> texts, int step)
    {
        var expected = Vector256.Create(texts[..Vector256<byte>.Count]);
        var differences = Vector256<byte>.Zero;
        for (var from = step; from < texts.Length; from += step)
        {
            differences |= Vector256.Create(texts.Slice(from, Vector256<byte>.Count)) ^ expected;
        }

        return BitOperations.TrailingZeroCount(~Vector256.Equals(differences, Vector256<byte>.Zero).ExtractMostSignificantBits());
    }

    private (Field Field, ArrayData Data) AsFixed(Field field, ArrayData data, int length, int shared)
    {
        var offsets = ColumnGather.Offsets(data);
        var texts = data.Buffers[2].Memory.Slice(offsets[0], data.Length * length);
        var type = new FixedSizeBinaryType(length - shared);
        var prefix = Encoding.UTF8.GetString(texts.Span[..shared]);
        return (
            new Field(field.Name, type, field.IsNullable, [new(CompactColumns.Prefix, prefix)]),
            new ArrayData(type, data.Length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(shared == 0 ? texts : Cut(texts.Span, length, shared))]));
    }

    private (Field Field, ArrayData Data)? TryUuids(Field field, ArrayData data, ReadOnlySpan<byte> texts)
    {
        if (texts.Length != (long)data.Length * UuidTexts.TextBytes)
        {
            return null;
        }

        var bytes = data.Length * UuidTexts.Bytes;
        var packed = memory.Rent(bytes);
        if (!UuidTexts.TryPack(texts, packed))
        {
            return null;
        }

        var type = new FixedSizeBinaryType(UuidTexts.Bytes);
        return (
            new Field(field.Name, type, field.IsNullable, [new(CompactColumns.Spelling, CompactColumns.Uuid)]),
            new ArrayData(type, data.Length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(packed.AsMemory(0, bytes))]));
    }

    private Memory<byte> Cut(ReadOnlySpan<byte> texts, int length, int shared)
    {
        var rest = length - shared;
        var count = texts.Length / length;
        var cut = memory.Rent(count * rest);
        FixedTexts.Cut(texts, shared, rest, cut);
        return cut.AsMemory(0, count * rest);
    }
}
