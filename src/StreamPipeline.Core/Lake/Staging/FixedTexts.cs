using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// Texts of one length, one behind the other, with and without the beginning that all of them share. They are short, so they are moved sixteen bytes at a time,
/// over what is written next, as long as that is within both spans.
/// </summary>
internal static class FixedTexts
{
    private const int Block = 16;

    /// <summary>Longer beginnings are moved as a whole.</summary>
    private const int PrefixBlockBytesMax = 4 * Block;

    /// <summary>Copies texts without their beginning.</summary>
    /// <param name="texts">Whole ones of <paramref name="prefix"/> + <paramref name="width"/> bytes.</param>
    /// <param name="prefix">Bytes of the beginning.</param>
    /// <param name="width">Bytes of the rest.</param>
    /// <param name="rests">At least as long as the rests; what is behind them is overwritten.</param>
    public static void Cut(ReadOnlySpan<byte> texts, int prefix, int width, Span<byte> rests)
    {
        var length = prefix + width;
        var count = texts.Length / length;
        var quick = Math.Min(Fitting(texts.Length - prefix, length, width, count), Fitting(rests.Length, width, width, count));
        ref var from = ref MemoryMarshal.GetReference(texts);
        ref var to = ref MemoryMarshal.GetReference(rests);
        var (fromAt, toAt) = ((nuint)prefix, (nuint)0);
        for (var row = 0; row < quick; row++)
        {
            Move(ref from, fromAt, ref to, toAt, width);
            fromAt += (nuint)length;
            toAt += (nuint)width;
        }

        for (var row = quick; row < count; row++)
        {
            texts.Slice((row * length) + prefix, width).CopyTo(rests[(row * width)..]);
        }
    }

    /// <summary>Copies texts with a beginning before each.</summary>
    /// <param name="prefix">The beginning.</param>
    /// <param name="rests">Whole ones of <paramref name="width"/> bytes.</param>
    /// <param name="width">More than none.</param>
    /// <param name="texts">As long as the texts.</param>
    public static void Join(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> rests, int width, Span<byte> texts)
    {
        var length = prefix.Length + width;
        var count = rests.Length / width;
        var quick = prefix.Length > PrefixBlockBytesMax ? 0
            : Math.Min(Fitting(rests.Length, width, width, count), Math.Min(Fitting(texts.Length, length, prefix.Length, count), Fitting(texts.Length - prefix.Length, length, width, count)));
        Span<byte> blocks = stackalloc byte[PrefixBlockBytesMax];
        prefix[..(quick > 0 ? prefix.Length : 0)].CopyTo(blocks);
        ref var start = ref MemoryMarshal.GetReference(blocks);
        ref var from = ref MemoryMarshal.GetReference(rests);
        ref var to = ref MemoryMarshal.GetReference(texts);
        var (fromAt, toAt) = ((nuint)0, (nuint)0);
        for (var row = 0; row < quick; row++)
        {
            Move(ref start, 0, ref to, toAt, prefix.Length);
            toAt += (nuint)prefix.Length;
            Move(ref from, fromAt, ref to, toAt, width);
            fromAt += (nuint)width;
            toAt += (nuint)width;
        }

        for (var row = quick; row < count; row++)
        {
            prefix.CopyTo(texts[(row * length)..]);
            rests.Slice(row * width, width).CopyTo(texts[((row * length) + prefix.Length)..]);
        }
    }

    /// <summary>How many pieces, a step from one to the next, can be moved in whole blocks within so many bytes.</summary>
    private static int Fitting(int bytes, int step, int pieceBytes, int count)
    {
        var blocks = Math.Max(Block, (pieceBytes + Block - 1) / Block * Block);
        return bytes < blocks ? 0 : Math.Min(count, ((bytes - blocks) / step) + 1);
    }

    /// <summary>Up to fifteen bytes more than it is told to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(ref byte from, nuint fromAt, ref byte to, nuint toAt, int bytes)
    {
        Vector128.LoadUnsafe(ref from, fromAt).StoreUnsafe(ref to, toAt);
        for (nuint at = Block; at < (nuint)bytes; at += Block)
        {
            Vector128.LoadUnsafe(ref from, fromAt + at).StoreUnsafe(ref to, toAt + at);
        }
    }
}
