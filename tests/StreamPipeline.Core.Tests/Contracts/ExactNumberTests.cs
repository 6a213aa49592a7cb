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

    // Also such as powers of ten are multiples of.
    private static readonly Gen<ulong> Divisors = Gen.OneOf(
        Gen.Select(Gen.Long[1, 999_999_999_999_999_999], Gen.Int[0, 17]).Select((digits, zeros) => Math.Max(1, (ulong)digits / PowersOfTen.All[zeros])),
        Gen.Int[0, 59].Select(twos => 1UL << twos),
        Gen.Select(Gen.Int[0, 30], Gen.Int[0, 12]).Select((twos, fives) => (1UL << twos) * (ulong)Math.Pow(5, fives)));

    [Fact]
    public void It_agrees_with_big_integers_on_what_fits_64_bits() =>
        Numbers.Sample(text =>
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
