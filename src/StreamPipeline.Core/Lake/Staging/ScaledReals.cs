using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// Doubles that were decimals of a few places, as whole numbers: a correctly rounded decimal is the quotient of its digits and a power of ten, to the bit, as long as both are
/// exact. What does not come back to the bit is refused. Source: A. Afroozeh et al., "ALP: Adaptive Lossless floating-Point Compression" (2023).
/// </summary>
internal static class ScaledReals
{
    /// <summary>Most decimal places.</summary>
    public const int DecimalsMax = 9;

    /// <summary>Rows after which it is known that a column is something else: most are nothing of the kind.</summary>
    private const int FirstLook = 16;

    /// <summary>Rows that are converted before it is asked whether all were exact.</summary>
    private const int AtOnce = 256;

    /// <summary>1.5 · 2⁵²: added to a number below 2⁵¹ it leaves the nearest whole number in the last bits of the sum.</summary>
    private const double Rounder = 6755399441055744;

    private static readonly long _rounderBits = BitConverter.DoubleToInt64Bits(Rounder);
    private static readonly double[] _powers = [.. Enumerable.Range(0, DecimalsMax + 1).Select(power => Math.Pow(10, power))];

    /// <param name="decimals">0 to <see cref="DecimalsMax"/>.</param>
    public static double PowerOf(int decimals) => _powers[decimals];

    /// <summary>Finds the decimal places that all values have room in.</summary>
    /// <param name="values">At least one.</param>
    /// <param name="scaled">As many; receives each value times ten to the power of the result.</param>
    /// <returns>0 to <see cref="DecimalsMax"/>; -1: there is none, or a number would not fit 32 bits.</returns>
    public static int TryScale(ReadOnlySpan<double> values, Span<int> scaled)
    {
        var decimals = PlacesOf(values[..Math.Min(FirstLook, values.Length)], 0);
        for (var at = 0; at < values.Length && decimals >= 0;)
        {
            var part = values.Slice(at, Math.Min(AtOnce, values.Length - at));
            if (AreExact(part, _powers[decimals], scaled.Slice(at, part.Length)))
            {
                at += part.Length;
                continue;
            }

            // All over again with more of them; there are at most nine.
            decimals = PlacesOf(part, decimals + 1);
            at = 0;
        }

        return decimals;
    }

    /// <summary>The way back, over numbers that were read.</summary>
    /// <param name="scaled">Each less <paramref name="origin"/>.</param>
    /// <param name="origin">Such that sums fit 51 bits.</param>
    /// <param name="decimals">0 to <see cref="DecimalsMax"/>.</param>
    /// <param name="values">As many.</param>
    public static void Restore(ReadOnlySpan<int> scaled, long origin, int decimals, Span<double> values)
    {
        var power = _powers[decimals];
        var bits = new Vector<long>(_rounderBits + origin);
        var rounder = new Vector<double>(Rounder);
        var divisor = new Vector<double>(power);
        var i = 0;
        for (; i <= scaled.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector.Widen(new Vector<int>(scaled[i..]), out var low, out var high);
            ((Vector.AsVectorDouble(low + bits) - rounder) / divisor).CopyTo(values[i..]);
            ((Vector.AsVectorDouble(high + bits) - rounder) / divisor).CopyTo(values[(i + Vector<double>.Count)..]);
        }

        for (; i < scaled.Length; i++)
        {
            values[i] = (scaled[i] + origin) / power;
        }
    }

    /// <summary>The fewest places from <paramref name="from"/> on that all values have room in; -1: none.</summary>
    private static int PlacesOf(ReadOnlySpan<double> values, int from)
    {
        var places = from;
        foreach (var value in values)
        {
            while (places <= DecimalsMax && !IsExact(value, _powers[places], out _))
            {
                places++;
            }
        }

        return places <= DecimalsMax ? places : -1;
    }

    private static bool AreExact(ReadOnlySpan<double> values, double power, Span<int> scaled)
    {
        var (factor, rounder, bits, max) = (new Vector<double>(power), new Vector<double>(Rounder), new Vector<long>(_rounderBits), new Vector<double>(int.MaxValue));
        var exact = Vector<long>.AllBitsSet;
        var i = 0;
        for (; i <= values.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            var low = Scaled(new Vector<double>(values[i..]));
            var high = Scaled(new Vector<double>(values[(i + Vector<double>.Count)..]));
            Vector.Narrow(low, high).CopyTo(scaled[i..]);
        }

        var areExact = exact == Vector<long>.AllBitsSet;
        for (; i < values.Length; i++)
        {
            areExact &= IsExact(values[i], power, out scaled[i]);
        }

        return areExact;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector<long> Scaled(Vector<double> value)
        {
            var sum = (value * factor) + rounder;
            var whole = sum - rounder;

            // A NaN is within no limit; −0.0 comes back as another zero.
            exact &= Vector.LessThanOrEqual(Vector.Abs(whole), max) & Vector.Equals(Vector.AsVectorInt64(whole / factor), Vector.AsVectorInt64(value));
            return Vector.AsVectorInt64(sum) - bits;
        }
    }

    private static bool IsExact(double value, double power, out int scaled)
    {
        var whole = (value * power) + Rounder - Rounder;
        var fits = Math.Abs(whole) <= int.MaxValue;
        scaled = fits ? (int)whole : 0;
        return fits && BitConverter.DoubleToInt64Bits(whole / power) == BitConverter.DoubleToInt64Bits(value);
    }
}
