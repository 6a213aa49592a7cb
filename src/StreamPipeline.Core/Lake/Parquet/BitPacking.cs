using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Numbers of a fixed width in bits, the lowest bit first. Source: Encodings.md in apache/parquet-format, "Bit-packed".</summary>
internal static class BitPacking
{
    /// <param name="values">A multiple of eight of them, each in [0, 2^<paramref name="width"/>).</param>
    /// <param name="width">0 to 32.</param>
    /// <param name="output">Appended to: <paramref name="width"/> bytes for each eight.</param>
    public static void Pack(ReadOnlySpan<uint> values, int width, PooledBytes output)
    {
        var bytes = checked(values.Length / 8 * width);

        // Each store writes eight bytes at a place below `bytes`.
        var target = output.GetSpan(bytes + sizeof(ulong));
        ref var to = ref MemoryMarshal.GetReference(target);
        ulong pending = 0;
        var bits = 0;
        nint at = 0;
        foreach (var value in values)
        {
            pending |= (ulong)value << bits;
            bits += width;
            if (bits >= 32)
            {
                WriteLittle(ref Unsafe.Add(ref to, at), (uint)pending);
                at += sizeof(uint);
                pending >>= 32;
                bits -= 32;
            }
        }

        // Eight values end at a whole byte: 0 to 3 bytes are left.
        WriteLittle(ref Unsafe.Add(ref to, at), (uint)pending);
        output.Advance(bytes);
    }

    /// <summary>The same for widths up to 64.</summary>
    public static void Pack(ReadOnlySpan<ulong> values, int width, PooledBytes output)
    {
        if (width > 32)
        {
            PackWide(values, width, output);
            return;
        }

        Span<uint> narrow = stackalloc uint[32];
        while (!values.IsEmpty)
        {
            var count = Math.Min(values.Length, narrow.Length);
            for (var i = 0; i < count; i++)
            {
                narrow[i] = (uint)values[i];
            }

            Pack(narrow[..count], width, output);
            values = values[count..];
        }
    }

    private static void PackWide(ReadOnlySpan<ulong> values, int width, PooledBytes output)
    {
        var bytes = checked(values.Length / 8 * width);
        var target = output.GetSpan(bytes);
        UInt128 pending = 0;
        var bits = 0;
        foreach (var value in values)
        {
            pending |= (UInt128)value << bits;
            bits += width;
            for (; bits >= 8; bits -= 8)
            {
                target[0] = (byte)pending;
                target = target[1..];
                pending >>= 8;
            }
        }

        output.Advance(bytes);
    }

    private static void WriteLittle(ref byte to, uint value) =>
        Unsafe.WriteUnaligned(ref to, BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));
}
