using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Finds what ends or interrupts a string. The NUL behind a window's text is a control character, so no search runs away.</summary>
internal static unsafe class TextScan<TVector>
    where TVector : struct, IByteVector
{
    /// <summary>The first quote, backslash or control character.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Special(byte* at)
    {
        var index = TVector.IndexOfSpecial(at);
        return index != TVector.Width ? at + index : InLongRun(at + index);
    }

    private static byte* InLongRun(byte* at)
    {
        // What did not end within the first 32 bytes is often long: there the widest vectors pay.
        return TVector.Width == 32 && Vector512.IsHardwareAccelerated ? Search<Bytes64>(at) : Search<TVector>(at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Search<TWide>(byte* at)
        where TWide : struct, IByteVector
    {
        while (true)
        {
            var index = TWide.IndexOfSpecial(at);
            at += index;
            if (index != TWide.Width)
            {
                return at;
            }
        }
    }
}

/// <summary>White space by RFC 8259 section 2.</summary>
internal static unsafe class Blank
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Skip(byte* at) => *at > ' ' ? at : SkipRun(at);

    private static byte* SkipRun(byte* at)
    {
        while (*at is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }

        return at;
    }
}
