using System.Buffers.Binary;

namespace StreamPipeline.Core.Lake;

/// <summary>Reads a <see cref="ThriftStruct"/> in the compact protocol; every length is checked against what is left.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    // Parquet's own metadata nests fewer than ten deep.
    private const int DepthMax = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    /// <exception cref="InvalidDataException">The bytes are no Thrift struct.</exception>
    public ThriftStruct Read() => ReadStruct(0);

    private ThriftStruct ReadStruct(int depth)
    {
        if (depth > DepthMax)
        {
            throw Damaged($"structs nest deeper than {DepthMax}");
        }

        var result = new ThriftStruct();
        short id = 0;
        while (true)
        {
            var header = Next();
            var type = (ThriftType)(header & 0x0F);
            if (type == ThriftType.Stop)
            {
                return result;
            }

            var delta = header >> 4;
            id = delta == 0 ? (short)ZigZag() : (short)(id + delta);
            result[id] = type switch
            {
                ThriftType.True => true,
                ThriftType.False => false,
                _ => ReadValue(type, depth),
            };
        }
    }

    private object ReadValue(ThriftType type, int depth) => type switch
    {
        // Within lists a bool is a byte of its own: 1 true, 2 false (0 false in older writers).
        ThriftType.True or ThriftType.False => Next() == 1,
        ThriftType.Byte => (sbyte)Next(),
        ThriftType.Int16 => (short)ZigZag(),
        ThriftType.Int32 => (int)ZigZag(),
        ThriftType.Int64 => ZigZag(),
        ThriftType.Double => BinaryPrimitives.ReadDoubleLittleEndian(Take(8)),
        ThriftType.Binary => Take(Length()).ToArray(),
        ThriftType.List or ThriftType.Set => ReadList(depth),
        ThriftType.Struct => ReadStruct(depth + 1),
        _ => throw Damaged($"type {(int)type} is not expected in a Parquet footer"),
    };

    private ThriftList ReadList(int depth)
    {
        var header = Next();
        var type = (ThriftType)(header & 0x0F);
        var count = header >> 4;
        if (count == 15)
        {
            count = Length();
        }

        var items = new List<object>(Math.Min(count, 1024));
        for (var i = 0; i < count; i++)
        {
            items.Add(ReadValue(type, depth));
        }

        return new ThriftList(type, items);
    }

    private byte Next() => _at < _bytes.Length ? _bytes[_at++] : throw Damaged("it ends too early");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at)
        {
            throw Damaged($"{count} bytes are announced and {_bytes.Length - _at} are left");
        }

        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    private int Length()
    {
        var length = Varint();
        return length <= (ulong)(_bytes.Length - _at) ? (int)length : throw Damaged($"a length of {length} and {_bytes.Length - _at} bytes are left");
    }

    private long ZigZag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var part = Next();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw Damaged("a number has more than ten bytes");
    }

    private readonly InvalidDataException Damaged(string what) => new($"Parquet footer is damaged at byte {_at} of {_bytes.Length}: {what}");
}
