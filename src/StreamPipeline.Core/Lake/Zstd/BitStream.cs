using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Bits, the lowest first, ended by a one: readers begin at that end, so what is to be read first is written last. Source: RFC 8878, 4.2.2 and 4.1.
/// Nothing is checked here: who makes one has asked for <see cref="Bound"/> bytes. All is inlined, so that the fields can be in registers.
/// </summary>
internal ref struct BitStream(ref byte to)
{
    private ref byte _to = ref to;
    private ulong _pending;
    private int _bits;

    /// <summary>Room for so many bits: each flush writes eight bytes, wherever it is.</summary>
    public static int Bound(long bits) => checked((int)(bits / 8) + (2 * sizeof(ulong)));

    /// <param name="value">Below 2^<paramref name="count"/>.</param>
    /// <param name="count">At most 56 bits may be added between two flushes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong value, int count)
    {
        _pending |= value << _bits;
        _bits += count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Flush()
    {
        Unsafe.WriteUnaligned(ref _to, BitConverter.IsLittleEndian ? _pending : BinaryPrimitives.ReverseEndianness(_pending));
        _to = ref Unsafe.Add(ref _to, (nint)((uint)_bits >> 3));
        _pending >>= _bits & ~7;
        _bits &= 7;
    }

    /// <summary>The lowest bits of a value.</summary>
    /// <param name="value">Any.</param>
    /// <param name="count">How many, below 32.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Lowest(uint value, int count) => Bmi2.IsSupported ? Bmi2.ZeroHighBits(value, (uint)count) : value & ((1u << count) - 1);

    /// <summary>Ends the stream; returns how many bytes it has.</summary>
    /// <param name="start">Where it began.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Close(ref byte start)
    {
        Add(1, 1);
        Flush();
        return (int)Unsafe.ByteOffset(ref start, ref _to) + (_bits > 0 ? 1 : 0);
    }
}
