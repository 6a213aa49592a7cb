using System.Buffers.Binary;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>A growing buffer of little-endian numbers and varints (7 bits per byte, low bits first).</summary>
internal sealed class ByteWriter
{
    private byte[] _buffer = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets what was written after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = length;

    public void Byte(byte value) => Take(1)[0] = value;

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    public void Int64(long value) => UInt64((ulong)value);

    public void Double(double value) => Int64(BitConverter.DoubleToInt64Bits(value));

    public void Int128(Int128 value) => BinaryPrimitives.WriteInt128LittleEndian(Take(16), value);

    public void UInt128(UInt128 value) => BinaryPrimitives.WriteUInt128LittleEndian(Take(16), value);

    public void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Count(long value) => Varint(checked((ulong)value));

    /// <summary>Small magnitudes of either sign become short varints.</summary>
    public void ZigZag(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void Prefixed(ReadOnlySpan<byte> bytes)
    {
        Count(bytes.Length);
        Bytes(bytes);
    }

    private Span<byte> Take(int count)
    {
        var end = checked(Length + count);
        if (end > _buffer.Length)
        {
            System.Array.Resize(ref _buffer, Math.Max(end, _buffer.Length * 2));
        }

        var taken = _buffer.AsSpan(Length, count);
        Length = end;
        return taken;
    }
}
