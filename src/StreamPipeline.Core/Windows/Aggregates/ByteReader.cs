using System.Buffers.Binary;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>Reads what <see cref="ByteWriter"/> wrote; every read is checked, so that corrupt bytes end in one kind of exception.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public readonly int Remaining => _bytes.Length - _position;

    public byte Byte() => Bytes(1)[0];

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(sizeof(ulong)));

    public long Int64() => (long)UInt64();

    /// <summary>A finite double; anything else is corrupt, since none is ever written.</summary>
    public double Double()
    {
        var value = BitConverter.Int64BitsToDouble(Int64());
        return double.IsFinite(value) ? value : throw Corrupt("a number that is not finite");
    }

    public Int128 Int128() => BinaryPrimitives.ReadInt128LittleEndian(Bytes(16));

    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128LittleEndian(Bytes(16));

    public ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return shift < 63 || next <= 1 ? value : throw Corrupt("a number beyond 64 bits");
            }
        }

        throw Corrupt("a number beyond 64 bits");
    }

    /// <summary>A count from 0 to <paramref name="max"/>.</summary>
    public long Count(long max)
    {
        var value = Varint();
        return value <= (ulong)max ? (long)value : throw Corrupt($"a count of {value} where at most {max} is possible");
    }

    public long ZigZag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > Remaining)
        {
            throw Corrupt($"{count} bytes are expected and {Remaining} are left");
        }

        var taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    public ReadOnlySpan<byte> Prefixed(int max) => Bytes((int)Count(max));

    public readonly InvalidDataException Corrupt(string what) => new($"stored panes are corrupt at byte {_position}: {what}");
}
