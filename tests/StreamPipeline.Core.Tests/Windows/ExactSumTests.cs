using System.Numerics;
using CsCheck;
using StreamPipeline.Core.Windows.Aggregates;

namespace StreamPipeline.Core.Tests.Windows;

public sealed class ExactSumTests
{
    /// <summary>Sums are exact multiples of 2^-1074, sums of squares of 2^-2148.</summary>
    private const int OracleScale = 2148;

    private static readonly Gen<double> Any = Gen.Frequency(
        (4, Gen.ULong.Select(BitConverter.UInt64BitsToDouble).Where(double.IsFinite)),
        (4, Gen.Double[-1000, 1000]),
        (1, Gen.OneOf(0, -0.0, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 2.2250738585072014E-308, 1, -1)));

    [Fact]
    public void Sums_and_sums_of_squares_equal_big_integers() =>
        Any.List[0, 40].Sample(values =>
        {
            ExactSum sum = default, squares = default;
            BigInteger exact = 0, exactSquares = 0;
            foreach (var value in values)
            {
                sum.Add(value);
                squares.AddSquare(value);
                exact += Scaled(value, OracleScale);
                exactSquares += Scaled(value, OracleScale / 2) * Scaled(value, OracleScale / 2);
            }

            AssertEqual(exact, sum);
            AssertEqual(exactSquares, squares);
            AssertNearest(exact, Rounding.Nearest(sum.Significand, sum.Exponent));
        });

    [Fact]
    public void Integers_are_summed_and_squared_exactly() =>
        Gen.Long.List[0, 40].Sample(values =>
        {
            ExactSum sum = default, squares = default;
            foreach (var value in values)
            {
                sum.Add(value);
                squares.AddSquare(value);
            }

            AssertEqual(values.Aggregate(BigInteger.Zero, (total, value) => total + value) << OracleScale, sum);
            AssertEqual(values.Aggregate(BigInteger.Zero, (total, value) => total + ((BigInteger)value * value)) << OracleScale, squares);
        });

    [Fact]
    public void Merging_and_storing_change_nothing_and_equal_sums_have_equal_bytes() =>
        Any.List[0, 20].Select(Any.List[0, 20]).Sample((left, right) =>
        {
            ExactSum whole = default, first = default, second = default;
            left.ForEach(value => first.Add(value));
            right.ForEach(value => second.Add(value));
            right.Concat(left).ToList().ForEach(value => whole.Add(value));
            var stored = Stored(second, out _);
            stored.Add(first);
            Stored(stored, out var storedBytes);
            Stored(whole, out var wholeBytes);
            Assert.Equal(wholeBytes, storedBytes);
            Assert.InRange(wholeBytes.Length, 1, ExactSum.EncodedBytesMax);
        });

    [Fact]
    public void Sums_gathered_in_128_bits_first_are_the_same_to_the_byte() =>
        Gen.Select(Any, Gen.Int[0, 400], Gen.Double[-1, 1]).List[0, 12].Sample(parts =>
        {
            ExactSum direct = default, gathered = default;
            NearSum near = default;
            foreach (var (value, repeat, factor) in parts)
            {
                for (var i = 0; i <= repeat; i++)
                {
                    // Values of one size, of both signs, then another size.
                    var next = i == 0 ? value : value * factor / i;
                    direct.Add(next);
                    near.Add(next, ref gathered);
                }
            }

            near.MoveTo(ref gathered);
            Stored(direct, out var expected);
            Stored(gathered, out var actual);
            Assert.Equal(expected, actual);
        });

    [Fact]
    public void A_million_of_the_largest_values_of_a_size_do_not_overflow_128_bits()
    {
        ExactSum sum = default;
        NearSum near = default;
        near.Add(1, ref sum);
        const int count = 3_000_000;
        var largest = Math.BitDecrement(Math.ScaleB(1, 28));
        for (var i = 0; i < count; i++)
        {
            near.Add(-largest, ref sum);
        }

        near.MoveTo(ref sum);
        AssertEqual(Scaled(1, OracleScale) - (Scaled(largest, OracleScale) * count), sum);
    }

    [Fact]
    public void The_population_standard_deviation_does_not_cancel() =>
        Gen.Double[-1000, 1000].List[1, 40].Select(Gen.OneOf(0.0, 1e9, -1e14)).Sample((deviations, offset) =>
        {
            var values = deviations.ConvertAll(deviation => offset + deviation);
            ExactSum sum = default, squares = default;
            BigInteger exact = 0, exactSquares = 0;
            foreach (var value in values)
            {
                sum.Add(value);
                squares.AddSquare(value);
                exact += Scaled(value, OracleScale / 2);
                exactSquares += Scaled(value, OracleScale / 2) * Scaled(value, OracleScale / 2);
            }

            var actual = Rounding.StandardDeviation(sum, squares, values.Count);
            var variance = ((exactSquares * values.Count) - (exact * exact)) / ((BigInteger)values.Count * values.Count);
            Assert.Equal(Math.Exp((BigInteger.Log(variance) - (OracleScale * Math.Log(2))) / 2), actual, 1e-9 * actual);
        });

    [Fact]
    public void A_standard_deviation_of_equal_values_is_zero() =>
        Any.Select(Gen.Int[1, 20]).Sample((value, count) =>
        {
            ExactSum sum = default, squares = default;
            for (var i = 0; i < count; i++)
            {
                sum.Add(value);
                squares.AddSquare(value);
            }

            Assert.Equal(0, Rounding.StandardDeviation(sum, squares, count));
        });

    private static ExactSum Stored(in ExactSum sum, out byte[] bytes)
    {
        var writer = new ByteWriter();
        sum.Write(writer);
        bytes = writer.Written.ToArray();
        var reader = new ByteReader(bytes);
        return ExactSum.Read(ref reader);
    }

    private static BigInteger Scaled(double value, int scale)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52) & 0x7FF;
        var mantissa = (BigInteger)((bits & ((1L << 52) - 1)) | (exponent == 0 ? 0 : 1L << 52));
        return (value < 0 ? -mantissa : mantissa) << (scale + Math.Max(exponent, 1) - 1075);
    }

    private static void AssertEqual(BigInteger exact, in ExactSum sum)
    {
        var shift = sum.Exponent + OracleScale;
        Assert.Equal(exact, shift >= 0 ? sum.Significand << shift : sum.Significand >> -shift);
    }

    /// <summary>No neighbour is nearer, and of two equally near the even one is right.</summary>
    private static void AssertNearest(BigInteger exact, double actual)
    {
        if (!double.IsFinite(actual))
        {
            Assert.True(BigInteger.Abs(exact) > Scaled(double.MaxValue, OracleScale));
            return;
        }

        var error = BigInteger.Abs(Scaled(actual, OracleScale) - exact);
        foreach (var neighbour in new[] { Math.BitIncrement(actual), Math.BitDecrement(actual) }.Where(double.IsFinite))
        {
            var other = BigInteger.Abs(Scaled(neighbour, OracleScale) - exact);
            Assert.True(error < other || (error == other && (BitConverter.DoubleToInt64Bits(actual) & 1) == 0));
        }
    }
}
