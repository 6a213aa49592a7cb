using System.Buffers.Binary;
using System.Numerics;

namespace StreamPipeline.Core.Columns;

/// <summary>Bits as Arrow lays them out: one per row, least significant first.</summary>
internal static class Bitmap
{
    private const int WordBits = 64;

    /// <summary>Appends bits to others; those behind them must be 0.</summary>
    /// <param name="from">Where they are.</param>
    /// <param name="start">The first.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="at">The place of the first.</param>
    /// <param name="count">How many.</param>
    public static void Append(ReadOnlySpan<byte> from, int start, Span<byte> to, int at, int count)
    {
        while (count > 0)
        {
            // Up to the next byte of the target first, then words.
            var place = at & 7;
            var taken = Math.Min(count, place == 0 ? WordBits : 8 - place);
            var word = Word(from, start, taken);
            if (taken == WordBits)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(to[(at >> 3)..], word);
            }
            else
            {
                word <<= place;
                for (var i = at >> 3; word != 0; i++, word >>= 8)
                {
                    to[i] |= (byte)word;
                }
            }

            start += taken;
            at += taken;
            count -= taken;
        }
    }

    /// <summary>Appends ones.</summary>
    public static void AppendOnes(Span<byte> to, int at, int count)
    {
        for (; count > 0 && (at & 7) != 0; at++, count--)
        {
            to[at >> 3] |= (byte)(1 << (at & 7));
        }

        to.Slice(at >> 3, count >> 3).Fill(byte.MaxValue);
        if ((count & 7) != 0)
        {
            to[(at + count) >> 3] = (byte)((1 << (count & 7)) - 1);
        }
    }

    /// <summary>Bits that are 1, from the first on; those behind the last must be 0.</summary>
    public static int CountOnes(ReadOnlySpan<byte> bits)
    {
        var ones = 0;
        for (; bits.Length >= sizeof(ulong); bits = bits[sizeof(ulong)..])
        {
            ones += BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(bits));
        }

        foreach (var rest in bits)
        {
            ones += BitOperations.PopCount(rest);
        }

        return ones;
    }

    /// <summary>Sets a byte to 0 or 1 for each bit.</summary>
    public static void Expand(ReadOnlySpan<byte> from, int start, Span<bool> to)
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(to);
        var row = 0;
        for (; row <= bytes.Length - 8; row += 8)
        {
            // Each of the eight bytes gets the byte, keeps its own bit of it, and becomes 1 if that is set.
            var spread = (Word(from, start + row, 8) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[row..], ((spread + 0x7F7F_7F7F_7F7F_7F7F) >> 7) & 0x0101_0101_0101_0101);
        }

        for (; row < bytes.Length; row++)
        {
            bytes[row] = (byte)Word(from, start + row, 1);
        }
    }

    /// <summary>1 to 64 bits in the lowest bits of a word.</summary>
    private static ulong Word(ReadOnlySpan<byte> from, int start, int count)
    {
        var first = start >> 3;
        var shift = start & 7;
        ulong word = 0;
        if (first + sizeof(ulong) < from.Length)
        {
            word = BinaryPrimitives.ReadUInt64LittleEndian(from[first..]) >> shift;
            word |= shift == 0 ? 0 : (ulong)from[first + sizeof(ulong)] << (WordBits - shift);
        }
        else
        {
            var last = (start + count - 1) >> 3;
            for (var i = last; i >= first; i--)
            {
                // Nine bytes at most: what leaves the word on the left is below the shift of the first one.
                word = i == first ? (word << (8 - shift)) | (uint)(from[i] >> shift) : (word << 8) | from[i];
            }
        }

        return count == WordBits ? word : word & ((1UL << count) - 1);
    }
}
