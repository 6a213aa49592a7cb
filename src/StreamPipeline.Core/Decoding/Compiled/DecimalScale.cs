using System.Numerics;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// Digits times a power of ten as the nearest double, ties to even, by one or two multiplications of 64 bits.
/// Source: Daniel Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (2021); that nothing is left for which it would be wrong:
/// Noble Mushtak and Daniel Lemire, "Fast number parsing without fallback", Software: Practice and Experience 53 (2023).
/// </summary>
internal static class DecimalScale
{
    /// <summary>Of 64-bit digits times such a power the nearest double is neither subnormal nor infinite.</summary>
    public const int PowerMax = 64;

    // Halfway between two doubles are 54 bits: as a multiple of so many fives, which are below 2^54 then; or, with a negative power, times so many fives within 64 bits.
    private const int TiePowerMin = -4;
    private const int TiePowerMax = 23;

    private const int MantissaBits = 52;
    private const ulong HiddenBit = 1UL << MantissaBits;
    private const int ExponentBias = 1023;

    /// <summary>Of a product's first 64 bits, below the mantissa, the bit that rounds it, and one that may be lost to its first bit.</summary>
    private const int BitsBelow = 64 - MantissaBits - 3;

    /// <summary>For reciprocals of up to here, a quotient has 128 bits by itself.</summary>
    private const int ShortReciprocalMax = 27;

    private static readonly UInt128[] _fives = [.. Enumerable.Range(-PowerMax, (2 * PowerMax) + 1).Select(Five)];

    /// <param name="digits">Up to 19 of them.</param>
    /// <param name="power">Of ten.</param>
    /// <param name="value">The double that is nearest to digits × 10^power.</param>
    /// <returns>False: the power is beyond <see cref="PowerMax"/>, and the value says nothing.</returns>
    public static bool TryScale(ulong digits, int power, out double value)
    {
        value = 0;
        if (digits == 0)
        {
            return true;
        }

        if (power is < -PowerMax or > PowerMax)
        {
            return false;
        }

        var shift = BitOperations.LeadingZeroCount(digits);
        digits <<= shift;
        var five = _fives[power + PowerMax];
        var high = Math.BigMul(digits, (ulong)(five >> 64), out var low);
        if ((high & ((1UL << BitsBelow) - 1)) == (1UL << BitsBelow) - 1)
        {
            // What the lower half of the power of five adds may reach the bits that count.
            var more = Math.BigMul(digits, (ulong)five, out _);
            low += more;
            high += low < more ? 1UL : 0;
        }

        var top = (int)(high >> 63);
        var mantissa = high >> (top + BitsBelow);
        if (low <= 1 && power is >= TiePowerMin and <= TiePowerMax && (mantissa & 3) == 1 && mantissa << (top + BitsBelow) == high)
        {
            mantissa &= ~1UL;
        }

        mantissa = (mantissa + (mantissa & 1)) >> 1;

        // 217,706 / 2^16 is the binary logarithm of ten, near enough. A carry out of the mantissa moves the exponent on by itself.
        var exponent = ((217_706 * power) >> 16) + 63 + top - shift + ExponentBias;
        value = BitConverter.UInt64BitsToDouble(((ulong)exponent << MantissaBits) + (mantissa - HiddenBit));
        return true;
    }

    /// <summary>The first 128 bits of five to a power, those of a reciprocal rounded up.</summary>
    private static UInt128 Five(int power)
    {
        var five = BigInteger.Pow(5, Math.Abs(power));
        if (power < 0)
        {
            var bits = (int)(five - 1).GetBitLength();
            five = (BigInteger.One << (power >= -ShortReciprocalMax ? bits + 127 : (2 * bits) + 128)) / five;
            five++;
        }

        var excess = (int)five.GetBitLength() - 128;
        return (UInt128)(excess > 0 ? five >> excess : five << -excess);
    }
}
