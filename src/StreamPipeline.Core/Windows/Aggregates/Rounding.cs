using System.Numerics;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>From exact sums to doubles: the one place where results are rounded.</summary>
internal static class Rounding
{
    private const int SignificandBits = 53;

    /// <summary>The double nearest to <paramref name="significand"/> · 2^<paramref name="exponent"/>, ties to even; infinite when beyond its range.</summary>
    public static double Nearest(BigInteger significand, int exponent)
    {
        var (rounded, scale) = Normalise(significand, exponent);

        // Sums of doubles are multiples of 2^-1074: below the normal range they have fewer than 53 bits, so that scaling is exact.
        return Math.ScaleB(rounded, scale);
    }

    /// <summary>The sum divided by how many there are: the nearest double of the sum, divided once. Finite, whatever the sum.</summary>
    public static double Mean(BigInteger significand, int exponent, long count)
    {
        var (rounded, scale) = Normalise(significand, exponent);
        return Math.Clamp(Math.ScaleB(rounded / count, scale), -double.MaxValue, double.MaxValue);
    }

    /// <summary>
    /// Population standard deviation, √(n·Σx² − (Σx)²) / n. The difference is exact, so that nothing cancels; the root is
    /// right to two units in the last place.
    /// </summary>
    public static double StandardDeviation(in ExactSum sum, in ExactSum squares, long count)
    {
        var left = squares.Significand * count;
        var right = sum.Significand * sum.Significand;
        var exponent = Math.Min(squares.Exponent, 2 * sum.Exponent);
        var difference = (left << (squares.Exponent - exponent)) - (right << ((2 * sum.Exponent) - exponent));

        if (difference.Sign <= 0)
        {
            // Zero for equal values; negative for no values at all (Cauchy-Schwarz), but stored bytes could say so.
            return 0;
        }

        // Exponents are multiples of 64: an even shift keeps the root of the power of two exact. 61 bits are more than the root needs.
        var excess = (int)Math.Max(0, difference.GetBitLength() - 62);
        excess += excess & 1;
        var root = Math.Sqrt((double)(ulong)(difference >> excess));
        return Math.Clamp(Math.ScaleB(root / count, (exponent + excess) / 2), 0, double.MaxValue);
    }

    /// <summary>A double of at most 53 bits and the power of two that goes with it.</summary>
    private static (double Rounded, int Scale) Normalise(BigInteger significand, int exponent)
    {
        var magnitude = BigInteger.Abs(significand);
        var excess = (int)Math.Max(0, magnitude.GetBitLength() - SignificandBits);
        var kept = (ulong)(magnitude >> excess);
        if (excess > 0)
        {
            var half = BigInteger.One << (excess - 1);
            var remainder = magnitude & ((BigInteger.One << excess) - 1);
            var order = remainder.CompareTo(half);
            kept += order > 0 || (order == 0 && (kept & 1) != 0) ? 1UL : 0;
        }

        return (significand.Sign < 0 ? -(double)kept : kept, exponent + excess);
    }
}
