using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Reads decimal digits eight at a time in one register.
/// Source: Daniel Lemire, "Number parsing at a gigabyte per second", 2021, and the eight-digit form of Johnny Lee.
/// </summary>
internal static unsafe class Digits
{
    public const ulong Ones = 0x0101_0101_0101_0101;

    private static ReadOnlySpan<uint> Powers => [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>No 64-bit number has more: behind so many digits nothing further is read.</summary>
    private const int WordsMax = 3;

    /// <summary>So many digits fit 64 bits, whatever they are; more might not.</summary>
    public const int FittingMax = 19;

    /// <summary>Digits that are read at a time: where there are as many, there may be more.</summary>
    public const int ReadMax = WordsMax * sizeof(ulong);

    /// <summary>Appends the digits at <paramref name="at"/> to <paramref name="value"/>, modulo 2^64.</summary>
    /// <returns>Behind the last digit, or behind the 24th.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Read(byte* at, ref ulong value)
    {
        for (var words = 0; words < WordsMax; words++)
        {
            // Digits become 0 to 9. A byte that is none gets its top bit marked; a carry out of it reaches higher bytes only.
            var digits = Unsafe.ReadUnaligned<ulong>(at) ^ (Ones * '0');
            var others = ((digits + (Ones * 0x76)) | digits) & (Ones * 0x80);
            var count = BitOperations.TrailingZeroCount(others) >> 3;
            if (count == 0)
            {
                return at;
            }

            value = (value * Powers[count]) + Combine(digits << ((8 - count) << 3));
            at += count;
            if (count != 8)
            {
                return at;
            }
        }

        return at;
    }

    /// <summary>Reads an integer of up to seven digits that a comma, a brace or a bracket follows.</summary>
    /// <param name="at">A word behind it can be read.</param>
    /// <param name="value">The integer.</param>
    /// <returns>Behind the last digit; null: something else.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* ReadShort(byte* at, out ulong value)
    {
        var digits = Unsafe.ReadUnaligned<ulong>(at) ^ (Ones * '0');
        var others = ((digits + (Ones * 0x76)) | digits) & (Ones * 0x80);

        // Eight times how many; 64 when all are.
        var bits = BitOperations.TrailingZeroCount(others) & ~7;
        value = Combine(digits << (64 - bits));
        var end = at + (bits >> 3);
        return (uint)(bits - 8) < 56 && (*end | 0x20) is ',' or '}' && (*at != '0' || bits == 8) ? end : null;
    }

    /// <summary>Reads any number of digits; without a branch on how many, up to fifteen.</summary>
    /// <param name="at">A vector behind any digit can be read.</param>
    /// <param name="value">The digits as an integer, modulo 2^64.</param>
    /// <returns>Behind the last digit, or behind so many that they do not fit.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* ReadMany(byte* at, out ulong value)
    {
        value = 0;
        if (!Vector128.IsHardwareAccelerated)
        {
            return Read(at, ref value);
        }

        var digits = Vector128.Load(at) - Vector128.Create((byte)'0');
        var count = BitOperations.TrailingZeroCount(ShortDecimal.IsOther(digits).ExtractMostSignificantBits() | (1u << Vector128<byte>.Count));

        // To the right end of the vector; what is before them are zeros.
        var places = Vector128<byte>.Indices + Vector128.Create((byte)(count - Vector128<byte>.Count));
        value = Sixteen(Vector128.ShuffleNative(digits, places));
        at += count;
        return count < Vector128<byte>.Count ? at : Read(at, ref value);
    }

    /// <summary>Reads digits, and behind a point more digits.</summary>
    /// <param name="at">A word behind any digit can be read.</param>
    /// <param name="magnitude">All digits as one integer, modulo 2^64.</param>
    /// <param name="count">Digits before the point.</param>
    /// <param name="decimals">Digits behind it.</param>
    /// <returns>Behind the last digit, or behind the point when it has none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* ReadDecimal(byte* at, out ulong magnitude, out int count, out int decimals)
    {
        magnitude = 0;
        decimals = 0;
        var end = Read(at, ref magnitude);
        count = (int)(end - at);
        if (count == 0 || *end != '.')
        {
            return end;
        }

        at = end + 1;
        end = Read(at, ref magnitude);
        decimals = (int)(end - at);
        return end;
    }

    /// <summary>Eight digit values, the first in the lowest byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Combine(ulong digits)
    {
        digits = (digits * 10) + (digits >> 8);
        return (((digits & 0x0000_00FF_0000_00FF) * 0x000F_4240_0000_0064)
            + (((digits >> 16) & 0x0000_00FF_0000_00FF) * 0x0000_2710_0000_0001)) >> 32;
    }

    /// <summary>Sixteen digit values, the first in the lowest byte: pairs, fours and eights are added up side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Sixteen(Vector128<byte> digits)
    {
        const ulong EightDigits = 100_000_000;
        if (!Sse41.IsSupported)
        {
            return (Combine(digits.AsUInt64().ToScalar()) * EightDigits) + Combine(digits.AsUInt64().GetElement(1));
        }

        var pairs = Ssse3.MultiplyAddAdjacent(digits, Vector128.Create((ushort)(10 | (1 << 8))).AsSByte());
        var fours = Sse2.MultiplyAddAdjacent(pairs, Vector128.Create(100 | (1 << 16)).AsInt16());
        var eights = Sse2.MultiplyAddAdjacent(Sse41.PackUnsignedSaturate(fours, fours).AsInt16(), Vector128.Create(10_000 | (1 << 16)).AsInt16());
        var both = eights.AsUInt64().ToScalar();
        return ((uint)both * EightDigits) + (both >> 32);
    }

    /// <summary>The inverse of <see cref="Combine"/>, as characters: both halves at once, then the quarters, then the digits.</summary>
    /// <param name="number">Of at most eight digits; the first becomes the lowest byte.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Text(ulong number)
    {
        var high = number / 10_000;
        var parts = high | ((number - (high * 10_000)) << 32);
        var hundreds = ((parts * 10_486) >> 20) & 0x0000_007F_0000_007F;
        parts = hundreds | ((parts - (hundreds * 100)) << 16);
        var tens = ((parts * 103) >> 10) & 0x000F_000F_000F_000F;
        return (tens | ((parts - (tens * 10)) << 8)) + (Ones * '0');
    }
}
