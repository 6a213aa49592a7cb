using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>Makes texts shorter, those within structs included; lists stay as they are. Owner: <see cref="CompactColumns"/>, whose memory the results lie in.</summary>
internal sealed class CompactText(ColumnBuffers memory) : IDisposable
{
    /// <summary>Part of its bytes that a text may take as a dictionary: it has to pay for being looked up.</summary>
    private const double DictionaryShare = 0.75;

    private readonly TextDictionary _dictionary = new();
    private readonly PooledArray<int> _codes = new();

    /// <summary>The field itself when the column stays as it is.</summary>
    public (Field Field, ArrayData Data) Of(Field field, ArrayData data)
    {
        // A slice stays as it is: it is not what a pipeline makes.
        if (data.Offset != 0 || data.Length == 0)
        {
            return (field, data);
        }

        return data.DataType switch
        {
            StructType type => OfStruct(field, type, data),
            StringType when AsDictionary(data) is { } coded => (new Field(field.Name, coded.DataType, field.IsNullable), coded),
            StringType when AsFixed(data) is var (cut, prefix) => (new Field(field.Name, cut.DataType, field.IsNullable, [new(CompactColumns.Prefix, prefix)]), cut),
            _ => (field, data),
        };
    }

    public void Dispose()
    {
        _dictionary.Dispose();
        _codes.Dispose();
    }

    private (Field Field, ArrayData Data) OfStruct(Field field, StructType type, ArrayData data)
    {
        var fields = new Field[type.Fields.Count];
        var children = new ArrayData[fields.Length];
        var isChanged = false;
        for (var i = 0; i < fields.Length; i++)
        {
            (fields[i], children[i]) = Of(type.Fields[i], data.Children[i]);
            isChanged |= !ReferenceEquals(fields[i], type.Fields[i]);
        }

        if (!isChanged)
        {
            return (field, data);
        }

        var changed = new StructType(fields);
        return (new Field(field.Name, changed, field.IsNullable), new ArrayData(changed, data.Length, data.NullCount, 0, data.Buffers, children));
    }

    /// <summary>Null when that would not be shorter. A null's text is the empty one.</summary>
    private ArrayData? AsDictionary(ArrayData data)
    {
        var text = new TextSpan(ColumnGather.Offsets(data)[..(data.Length + 1)], data.Buffers[2].Span);
        var plainBytes = sizeof(int) + ((double)text.Bytes(0, text.Count) / text.Count);
        if (!_dictionary.TryBuild(text, _codes, plainBytes * DictionaryShare))
        {
            return null;
        }

        var codes = _codes.Span;
        IArrowType type = _dictionary.Count <= sbyte.MaxValue + 1 ? Int8Type.Default : _dictionary.Count <= short.MaxValue + 1 ? Int16Type.Default : Int32Type.Default;
        var indices = memory.Rent(codes.Length * sizeof(int));
        switch (type)
        {
            case Int8Type:
                for (var i = 0; i < codes.Length; i++)
                {
                    indices[i] = (byte)codes[i];
                }

                break;
            case Int16Type:
                var narrow = MemoryMarshal.Cast<byte, short>(indices.AsSpan());
                for (var i = 0; i < codes.Length; i++)
                {
                    narrow[i] = (short)codes[i];
                }

                break;
            default:
                codes.CopyTo(MemoryMarshal.Cast<byte, int>(indices.AsSpan()));
                break;
        }

        var bytes = codes.Length * ((FixedWidthType)type).BitWidth / 8;
        return new ArrayData(
            new DictionaryType((IntegerType)type, StringType.Default, ordered: false),
            data.Length,
            data.NullCount,
            0,
            [data.Buffers[0], new ArrowBuffer(indices.AsMemory(0, bytes))],
            children: null,
            Entries(text));
    }

    private ArrayData Entries(TextSpan text)
    {
        var count = _dictionary.Count;
        var offsets = memory.Rent((count + 1) * sizeof(int));
        var ends = MemoryMarshal.Cast<byte, int>(offsets.AsSpan())[..(count + 1)];
        ends[0] = 0;
        for (var code = 0; code < count; code++)
        {
            ends[code + 1] = ends[code] + text.Bytes(_dictionary.FirstValueOf(code), 1);
        }

        var bytes = memory.Rent(ends[^1]);
        for (var code = 0; code < count; code++)
        {
            text[_dictionary.FirstValueOf(code)].CopyTo(bytes.AsSpan(ends[code]));
        }

        return new ArrayData(
            StringType.Default, count, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(offsets.AsMemory(0, ends.Length * sizeof(int))), new ArrowBuffer(bytes.AsMemory(0, ends[^1]))]);
    }

    /// <summary>Null when lengths differ or a text is null.</summary>
    private (ArrayData Data, string Prefix)? AsFixed(ArrayData data)
    {
        var offsets = ColumnGather.Offsets(data)[..(data.Length + 1)];
        var length = offsets[1] - offsets[0];
        if (!data.Buffers[0].IsEmpty || length == 0)
        {
            return null;
        }

        for (var i = 0; i < offsets.Length; i++)
        {
            if (offsets[i] != offsets[0] + ((long)i * length))
            {
                return null;
            }
        }

        var texts = data.Buffers[2].Memory.Slice(offsets[0], offsets[^1] - offsets[0]);
        var shared = Shared(texts.Span, length);
        var cut = shared == 0 ? texts : Cut(texts.Span, length, shared);
        return (new ArrayData(new FixedSizeBinaryType(length - shared), data.Length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(cut)]), Encoding.UTF8.GetString(texts.Span[..shared]));
    }

    /// <summary>Bytes that all texts begin with, in whole characters, fewer than they have.</summary>
    private static int Shared(ReadOnlySpan<byte> texts, int length)
    {
        var first = texts[..length];
        var shared = Math.Min(length - 1, first.CommonPrefixLength(texts[^length..]));
        for (var at = length; at < texts.Length && shared > 0; at += length)
        {
            var text = texts.Slice(at, shared);
            shared = text.SequenceEqual(first[..shared]) ? shared : text.CommonPrefixLength(first);
        }

        // A character's further bytes begin with the bits 10.
        while (shared > 0 && (first[shared] & 0xC0) == 0x80)
        {
            shared--;
        }

        return shared;
    }

    private Memory<byte> Cut(ReadOnlySpan<byte> texts, int length, int shared)
    {
        var rest = length - shared;
        var count = texts.Length / length;
        var cut = memory.Rent(count * rest);
        for (var i = 0; i < count; i++)
        {
            texts.Slice((i * length) + shared, rest).CopyTo(cut.AsSpan(i * rest));
        }

        return cut.AsMemory(0, count * rest);
    }
}
