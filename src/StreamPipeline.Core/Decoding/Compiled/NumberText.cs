using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>The grammar of numbers (RFC 8259 section 6).</summary>
internal static unsafe class NumberText
{
    /// <param name="at">Its first byte.</param>
    /// <param name="limit">The text's end: digits are looked for up to a vector behind it.</param>
    /// <returns>Behind the number; null when it is none.</returns>
    public static byte* End(byte* at, byte* limit)
    {
        if (*at == '-')
        {
            at++;
        }

        var isZero = *at == '0';
        if (!SkipDigits(ref at, limit, out var count) || (isZero && count > 1))
        {
            return null;
        }

        if (*at == '.')
        {
            at++;
            if (!SkipDigits(ref at, limit, out _))
            {
                return null;
            }
        }

        if ((*at | 0x20) == 'e')
        {
            at++;
            if (*at is (byte)'+' or (byte)'-')
            {
                at++;
            }

            if (!SkipDigits(ref at, limit, out _))
            {
                return null;
            }
        }

        return at;
    }

    /// <summary>Sixteen at a time: how many there are differs from number to number, and nobody can tell beforehand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool SkipDigits(ref byte* at, byte* limit, out long count)
    {
        var start = at;
        int digits;
        do
        {
            var others = Vector128.GreaterThan(Vector128.Load(at) - Vector128.Create((byte)'0'), Vector128.Create((byte)9));
            digits = BitOperations.TrailingZeroCount(others.ExtractMostSignificantBits() | (1u << Vector128<byte>.Count));
            at += digits;
        }
        while (digits == Vector128<byte>.Count && at < limit);

        count = at - start;
        return count > 0;
    }
}
