using System.Globalization;
using System.Numerics;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Tests.Contracts;

public sealed class ExactNumberTests
{
    // Digits with a point somewhere and a small exponent, which is what a fraction of big integers can check.
    private static readonly Gen<string> Numbers = Gen.Select(
        Gen.Bool, Gen.String[Gen.Char['0', '9'], 1, 25], Gen.String[Gen.Char['0', '9'], 0, 10], Gen.Int[-30, 30],
        (negative, whole, fraction, exponent) =>
            $"{(negative ? "-" : "")}{(whole.TrimStart('0') is { Length: > 0 } digits ? digits : "0")}{(fraction.Length > 0 ? "." + fraction : "")}{(exponent == 0 ? "" : $"e{exponent:+0;-0}")}");

    // Also near the ends of 64 bits, and near whole numbers.
    private static readonly Gen<string> Bounds = Gen.OneOf(
        Numbers,
        Gen.Select(Gen.OneOf("9223372036854775806", "9223372036854775807", "9223372036854775808", "18446744073709551616", "0", "4"), Gen.OneOf("", ".5", ".9999999999999999999999999999999", ".0000000000000000000000000000001"), Gen.OneOf("", "-"))
            .Select((whole, fraction, sign) => sign + whole + fraction));

    // Also such as powers of ten are multiples of.
    private static readonly Gen<ulong> Divisors = Gen.OneOf(
        Gen.Select(Gen.Long[1, 999_999_999_999_999_999], Gen.Int[0, 17]).Select((digits, zeros) => Math.Max(1, (ulong)digits / PowersOfTen.All[zeros])),
        Gen.Int[0, 59].Select(twos => 1UL << twos),
        Gen.Select(Gen.Int[0, 30], Gen.Int[0, 12]).Select((twos, fives) => (1UL << twos) * (ulong)Math.Pow(5, fives)));

    [Fact]
    public void It_agrees_with_big_integers_on_what_fits_64_bits() =>
        Bounds.Sample(text =>
        {
            var (numerator, denominator) = Fraction(text);
            var isInteger = numerator % denominator == 0;
            var expected = isInteger && numerator / denominator >= long.MinValue && numerator / denominator <= long.MaxValue;
            var exact = ExactNumber.Parse(Encoding.ASCII.GetBytes(text));

            Assert.Equal(isInteger, exact.IsInteger);
            Assert.Equal(expected, exact.TryGetInt64(out var value));
            Assert.True(!expected || value == numerator / denominator);
        });

    [Fact]
    public void Its_integer_part_is_that_of_big_integers_up_to_20_digits_and_beyond_64_bits_above() =>
        Numbers.Sample(text =>
        {
            var (numerator, denominator) = Fraction(text);
            var expected = numerator / denominator;
            var part = (BigInteger)ExactNumber.Parse(Encoding.ASCII.GetBytes(text)).IntegerPart();
            Assert.Equal(expected.Sign, part.Sign);
            Assert.True(part == expected || (BigInteger.Abs(part) > ulong.MaxValue && BigInteger.Abs(expected) >= BigInteger.Pow(10, 20)), $"{part}, not {expected}");
        });

    /// <summary>The integers that a contract's bounds leave are those that a fraction of big integers leaves; none: it is a problem.</summary>
    [Fact]
    public void Bounds_of_integers_are_exact() =>
        Gen.Select(Bounds, Gen.OneOf("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")).Sample((text, keyword) =>
        {
            var (numerator, denominator) = Fraction(text);
            var (floor, isInteger) = (BigInteger.Divide(numerator - (((numerator % denominator) + denominator) % denominator), denominator), numerator % denominator == 0);
            var isExclusive = keyword.StartsWith("exclusive", StringComparison.Ordinal) && isInteger;
            var (least, greatest) = keyword.EndsWith("inimum", StringComparison.Ordinal)
                ? (BigInteger.Max(long.MinValue, isInteger ? floor + (isExclusive ? 1 : 0) : floor + 1), (BigInteger)long.MaxValue)
                : (long.MinValue, BigInteger.Min(long.MaxValue, floor - (isExclusive ? 1 : 0)));
            var schema = $$"""{"type":"object","properties":{"n":{"type":"integer","{{keyword}}":{{text}} } } }""";
            if (least > greatest)
            {
                Assert.Equal("no number lies between the minimum and the maximum", Assert.Single(Schemas.Problems(schema)).Message);
            }
            else
            {
                var limits = Schemas.Compile(schema).Find("n")!.Number!;
                Assert.Equal((least, greatest), (limits.IntegerMinimum, limits.IntegerMaximum));
            }
        });

    [Fact]
    public void It_agrees_with_big_integers_on_multiples() =>
        Gen.Select(Numbers, Gen.Long[1, 999_999_999_999_999_999], Gen.Int[-20, 5], Gen.Bool).Sample((text, digits, exponent, isMultiple) =>
        {
            var divisor = $"{digits}e{exponent}";
            var (dividend, dividendBelow) = Fraction(text);
            var (over, below) = Fraction(divisor);
            if (isMultiple)
            {
                dividend *= over;
                dividendBelow = below;
                text = $"{dividend}e{Math.Min(0, exponent)}";
                (dividend, dividendBelow) = Fraction(text);
            }

            var multiple = new ExactMultiple(ExactNumber.Parse(Encoding.ASCII.GetBytes(divisor)));
            Assert.Equal(dividend * below % (dividendBelow * over) == 0, multiple.Divides(ExactNumber.Parse(Encoding.ASCII.GetBytes(text))));
        });

    [Fact]
    public void It_is_told_of_64_bits_what_it_is_told_of_text() =>
        Gen.Select(Divisors, Gen.Int[-25, 25], Gen.ULong, Gen.Int[0, 19], Gen.Int[-25, 25]).Sample(
            (divisor, exponent, digits, zeros, power) =>
            {
                // Of any length, and as often as not a multiple but for the point.
                digits /= PowersOfTen.All[zeros];
                digits = digits % 2 == 0 ? digits : digits / divisor * divisor;
                var multiple = new ExactMultiple(ExactNumber.Parse(Encoding.ASCII.GetBytes($"{divisor}e{exponent}")));
                var told = multiple.Divides(digits, power);

                Assert.True(told is not null || Math.Abs(power - exponent) > 1);
                Assert.True(told is null || told == multiple.Divides(ExactNumber.Parse(Encoding.ASCII.GetBytes($"{digits}e{power}"))), $"{digits}e{power} by {divisor}e{exponent}");
            },
            iter: 50_000);

    private static (BigInteger Numerator, BigInteger Denominator) Fraction(string text)
    {
        var parts = text.Split('e');
        var exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        exponent -= point < 0 ? 0 : parts[0].Length - point - 1;
        var digits = BigInteger.Parse(parts[0].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        return exponent >= 0 ? (digits * BigInteger.Pow(10, exponent), 1) : (digits, BigInteger.Pow(10, -exponent));
    }
}
