using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Finds what ends or interrupts a string. No search goes on behind the limit, the end of the text: it may then return any place up to a vector
/// behind it, and whoever goes on from there ends behind the limit, which nobody accepts.
/// </summary>
internal static unsafe class TextScan<TVector>
    where TVector : struct, IByteVector
{
    /// <summary>The first quote, backslash, control character or byte beyond ASCII.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Special(byte* at, byte* limit)
    {
        var index = TVector.IndexOfSpecial(at);
        return index != TVector.Width ? at + index : InLongRun(at + index, limit);
    }

    /// <summary>The first quote, backslash or control character.</summary>
    public static byte* Closing(byte* at, byte* limit) =>
        TVector.Width == 32 && Vector512.IsHardwareAccelerated ? SearchClosing<Bytes64>(at, limit) : SearchClosing<TVector>(at, limit);

    private static byte* InLongRun(byte* at, byte* limit)
    {
        // What did not end within the first 32 bytes is often long: there the widest vectors pay.
        return TVector.Width == 32 && Vector512.IsHardwareAccelerated ? Search<Bytes64>(at, limit) : Search<TVector>(at, limit);
    }

    // Both go on by a constant, not by what they found: so a round need not wait for the one before.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte* Search<TWide>(byte* at, byte* limit)
        where TWide : struct, IByteVector
    {
        for (; at < limit; at += TWide.Width)
        {
            var index = TWide.IndexOfSpecial(at);
            if (index != TWide.Width)
            {
                return at + index;
            }
        }

        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static byte* SearchClosing<TWide>(byte* at, byte* limit)
        where TWide : struct, IByteVector
    {
        for (; at < limit; at += TWide.Width)
        {
            var index = TWide.IndexOfClosing(at);
            if (index != TWide.Width)
            {
                return at + index;
            }
        }

        return at;
    }
}

/// <summary>White space by RFC 8259 section 2.</summary>
internal static unsafe class Blank
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Skip(byte* at, byte* limit) => *at > ' ' ? at : SkipRun(at, limit);

    private static byte* SkipRun(byte* at, byte* limit)
    {
        while (at < limit && (*at is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
        {
            at++;
        }

        return at;
    }
}
