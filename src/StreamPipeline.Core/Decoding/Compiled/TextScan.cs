using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Finds what ends or interrupts a string. The NUL behind a window's text is a control character, so no search runs away.</summary>
internal static unsafe class TextScan<TVector>
    where TVector : struct, IByteVector
{
    /// <summary>The first quote, backslash or control character.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Special(byte* at)
    {
        while (true)
        {
            var index = TVector.IndexOfSpecial(at);
            at += index;
            if (index != TVector.Width)
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
