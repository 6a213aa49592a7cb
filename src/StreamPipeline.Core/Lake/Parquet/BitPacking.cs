using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Numbers of a fixed width in bits, the lowest bit first. Source: Encodings.md in apache/parquet-format, "Bit-packed".</summary>
internal static class BitPacking
{
    private const int Group = 8;
    private const int NarrowMax = 16;

    /// <param name="values">A multiple of eight of them, each in [0, 2^<paramref name="width"/>).</param>
    /// <param name="width">0 to 32.</param>
    /// <param name="output">Appended to: <paramref name="width"/> bytes for each eight.</param>
    public static void Pack(ReadOnlySpan<uint> values, int width, PooledBytes output)
    {
        var bytes = checked(values.Length / Group * width);

        // Each store writes eight bytes at a place below `bytes`, or the eight behind it.
        ref var to = ref MemoryMarshal.GetReference(output.GetSpan(bytes + (2 * sizeof(ulong))));
        if (width <= NarrowMax)
        {
            PackNarrow(values, width, ref to);
        }
        else
        {
            PackOneByOne(values, width, ref to);
        }

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

    /// <summary>Eight values end at a whole byte, so each eight are joined by themselves, in at most two words.</summary>
    private static void PackNarrow(ReadOnlySpan<uint> values, int width, ref byte to)
    {
        ref var from = ref MemoryMarshal.GetReference(values);
        for (var i = 0; i + Group <= values.Length; i += Group)
        {
            var low = Four(ref Unsafe.Add(ref from, i), width);
            var high = Four(ref Unsafe.Add(ref from, i + (Group / 2)), width);

            // In two steps: four values of 16 bits leave nothing to shift by 64.
            WriteLittle(ref to, low | ((high << (2 * width)) << (2 * width)));
            if (width > sizeof(ulong))
            {
                WriteLittle(ref Unsafe.Add(ref to, sizeof(ulong)), high >> (64 - (4 * width)));
            }

            to = ref Unsafe.Add(ref to, width);
        }

        static ulong Four(ref uint from, int width) =>
            (from | ((ulong)Unsafe.Add(ref from, 1) << width))
            | ((Unsafe.Add(ref from, 2) | ((ulong)Unsafe.Add(ref from, 3) << width)) << (2 * width));
    }

    private static void PackOneByOne(ReadOnlySpan<uint> values, int width, ref byte to)
    {
        ulong pending = 0;
        var bits = 0;
        foreach (var value in values)
        {
            pending |= (ulong)value << bits;
            bits += width;
            if (bits >= 32)
            {
                WriteLittle(ref to, pending);
                to = ref Unsafe.Add(ref to, sizeof(uint));
                pending >>= 32;
                bits -= 32;
            }
        }

        // Eight values end at a whole byte: 0 to 3 bytes are left.
        WriteLittle(ref to, pending);
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

    private static void WriteLittle(ref byte to, ulong value) =>
        Unsafe.WriteUnaligned(ref to, BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));
}
