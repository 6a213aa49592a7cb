using System.Globalization;
using System.Numerics;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding.Compiled;
using StreamPipeline.Core.Tests.Contracts;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

public sealed class DecimalScaleTests
{
    private static readonly Gen<ulong> Digits19 =
        Gen.Select(Gen.ULong, Gen.Int[0, 63]).Select((value, shift) => (value >> shift) % 10_000_000_000_000_000_000);

    [Fact]
    public void Digits_times_a_power_of_ten_are_the_nearest_double() =>
        Gen.Select(Digits19, Gen.Int[-DecimalScale.PowerMax, DecimalScale.PowerMax]).Sample(AssertNearest, iter: 50_000);

    [Fact]
    public void Halfway_between_two_doubles_is_the_even_one_and_next_to_it_is_not() =>
        Gen.Select(Gen.Int[-4, 23], Gen.ULong[1UL << 52, (1UL << 53) - 1], Gen.Int[-1, 1]).Sample(
            (power, mantissa, beside) =>
            {
                // 54 bits of which the last is set, as digits × 10^power.
                var fives = BigInteger.Pow(5, Math.Abs(power));
                var half = (2 * (BigInteger)mantissa) + 1;
                half = power > 0 ? (half / fives) | 1 : half * fives;

                if (half + beside < 10_000_000_000_000_000_000)
                {
                    AssertNearest((ulong)(half + beside), power);
                }
            },
            iter: 50_000);

    [Fact]
    public void Powers_beyond_are_left_to_others()
    {
        Assert.False(DecimalScale.TryScale(1, DecimalScale.PowerMax + 1, out _));
        Assert.False(DecimalScale.TryScale(1, -DecimalScale.PowerMax - 1, out _));
        Assert.True(DecimalScale.TryScale(0, 999, out var zero));
        Assert.Equal(0, zero);
    }

    [Fact]
    public void Numbers_of_any_form_are_the_nearest_double()
    {
        var contract = Schemas.OfValue("""{"type":"number"}""");
        var digits = Gen.Char['0', '9'].Array[0, 26].Select(characters => new string(characters));
        var whole = Gen.OneOf(Gen.Const("0"), Gen.Select(Gen.Char['1', '9'], digits).Select((first, others) => $"{first}{others}"));
        var fraction = Gen.OneOf(Gen.Const(""), Gen.Select(Gen.Int[0, 20], digits, Gen.Char['0', '9']).Select((zeros, some, last) => $".{new string('0', zeros)}{some}{last}"));
        var exponent = Gen.OneOf(Gen.Const(""), Gen.Select(Pick.From("e", "E", "e+", "E-", "e-"), Gen.Int[0, 3], Gen.Int[0, 120]).Select((e, zeros, power) => $"{e}{new string('0', zeros)}{power}"));
        Gen.Select(Pick.From("", "-"), whole, fraction, exponent).Select((sign, before, behind, power) => sign + before + behind + power).Array[20].Sample(
            texts =>
            {
                var rows = Outcome.Of(contract, [.. texts.Select(text => Encoding.UTF8.GetBytes($"{{\"v\":{text}}}"))]).Rows;
                Assert.Equal(texts.Select(text => $"v={double.Parse(text, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture)}"), rows);
            },
            iter: 1_000);
    }

    [Fact]
    public void Integers_of_nineteen_digits_are_read_up_to_the_greatest()
    {
        var contract = Schemas.OfValue("""{"type":"integer"}""");
        string[] fit = ["9223372036854775807", "-9223372036854775808", "-9223372036854775807", "1000000000000000000", "9223372036854775807.0", "0.9223372036854775807e19"];
        string[] beyond = ["9223372036854775808", "-9223372036854775809", "9999999999999999999", "18446744073709551616", "01000000000000000000"];
        var read = Outcome.Of(contract, [.. fit.Select(text => Encoding.UTF8.GetBytes($"{{\"v\":{text}}}"))]);
        Assert.Equal(fit.Select(text => $"v={(long)decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)}"), read.Rows);
        Assert.Empty(Outcome.Of(contract, [.. beyond.Select(text => Encoding.UTF8.GetBytes($"{{\"v\":{text}}}"))]).Rows);
    }

    [Fact]
    public void What_only_looks_like_a_long_number_is_read_the_same()
    {
        // Outcome compares each path with the complete one.
        var contract = Schemas.OfValue("""{"type":"number"}""");
        var digits = Gen.Char['0', '9'].Array[1, 20].Select(characters => new string(characters));
        Gen.Select(Pick.From("", "-", "0", "-0", "00", "+", "."), digits, digits, Gen.Int[0, 40], Pick.From("", "0", ".", "-", "e", "E", "e5", "+", " ", "/", ":", "a", "\0")).Array[20].Sample(
            numbers => Outcome.Of(contract, [.. numbers.Select(number =>
            {
                var (before, whole, fraction, at, other) = number;
                var text = $"{before}{whole}.{fraction}";
                return Encoding.UTF8.GetBytes($"{{\"v\":{text.Insert(at % (text.Length + 1), other)}}}");
            })]),
            iter: 1_000);
    }

    private static void AssertNearest(ulong digits, int power)
    {
        Assert.True(DecimalScale.TryScale(digits, power, out var value));
        Assert.Equal(double.Parse($"{digits}e{power}", CultureInfo.InvariantCulture), value);
    }
}
