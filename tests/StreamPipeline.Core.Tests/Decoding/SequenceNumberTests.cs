using System.Globalization;
using System.Numerics;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class SequenceNumberTests
{
    private static readonly Gen<string> Digits =
        from length in Gen.Int[1, SequenceNumber.DigitsMax]
        from first in Gen.Char['1', '9']
        from rest in Gen.Char['0', '9'].Array[length - 1]
        select first + new string(rest);

    [Fact]
    public void A_sequence_number_prints_as_it_was_parsed() =>
        Digits.Sample(text => Assert.Equal(text, SequenceNumber.Parse(text).ToString()));

    [Fact]
    public void A_sequence_number_holds_the_integer_that_its_digits_say() =>
        Digits.Sample(text =>
        {
            var number = SequenceNumber.Parse(text);
            Assert.Equal(BigInteger.Parse(text, CultureInfo.InvariantCulture), ((BigInteger)number.High << 128) + ((BigInteger)number.Middle << 64) + number.Low);
        });

    [Fact]
    public void Every_192_bits_print_as_the_integer_they_are() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong).Where((high, _, _) => high < 1UL << 61).Sample((high, middle, low) => Assert.Equal(
            (((BigInteger)high << 128) + ((BigInteger)middle << 64) + low).ToString(CultureInfo.InvariantCulture), new SequenceNumber(high, middle, low).ToString()));

    [Theory]
    [InlineData("0")]
    [InlineData("9999999999999999999")]
    [InlineData("10000000000000000000")]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999999999999999999999")]
    [InlineData("100000000000000000000000000000000000000")]
    [InlineData("340282366920938463463374607431768211456")]
    [InlineData("100000000000000000000000000000000000000000000000000000000")]
    [InlineData("999999999999999999999999999999999999999999999999999999999")]
    public void The_borders_of_its_parts_print_as_they_were_parsed(string text) => Assert.Equal(text, SequenceNumber.Parse(text).ToString());

    [Fact]
    public void Sequence_numbers_are_ordered_as_the_integers_they_are() =>
        Gen.Select(Digits, Digits).Sample((a, b) => Assert.Equal(
            Math.Sign(BigInteger.Parse(a, CultureInfo.InvariantCulture).CompareTo(BigInteger.Parse(b, CultureInfo.InvariantCulture))),
            Math.Sign(SequenceNumber.Parse(a).CompareTo(SequenceNumber.Parse(b)))));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("12a")]
    [InlineData("１")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678")]
    public void What_is_not_a_sequence_number_is_refused(string text)
    {
        Assert.False(SequenceNumber.TryParse(Encoding.UTF8.GetBytes(text), out _));
        Assert.Throws<FormatException>(() => SequenceNumber.Parse(text));
    }

    [Fact]
    public void A_character_that_is_no_digit_is_refused_wherever_it_stands() =>
        Gen.Select(Gen.Int[1, SequenceNumber.DigitsMax], Gen.Int[0, SequenceNumber.DigitsMax - 1], Gen.Byte).Sample((length, at, odd) =>
        {
            var text = Enumerable.Repeat((byte)'0', length).ToArray();
            text[at % length] = odd;
            var isNumber = odd is >= (byte)'0' and <= (byte)'9';
            Assert.Equal(isNumber, SequenceNumber.TryParse(text, out var number));
            Assert.Equal(isNumber ? BigInteger.Pow(10, length - 1 - (at % length)) * (odd - '0') : 0, ((BigInteger)number.High << 128) + ((BigInteger)number.Middle << 64) + number.Low);
        });

    [Fact]
    public void Numbers_that_follow_each_other_are_parsed_as_each_by_itself() =>
        Gen.Select(Gen.OneOf(Digits, Gen.String[Gen.Char['0', '9'], 30, 59]), Gen.Select(Gen.Int[0, 70], Gen.Frequency((9, Gen.Char['0', '9']), (1, Gen.OneOf('x', '/', ':', '\u00ff', '"')))).Array[1, 20]).Sample((first, changes) =>
        {
            // One character after the other changes, or the last is left out; behind the 32 digits that are always read, and in front of them.
            var parser = new SequenceParser();
            var text = Encoding.Latin1.GetBytes(first);
            foreach (var (at, character) in changes.Prepend((0, first[0])))
            {
                var changed = at < text.Length ? [.. text[..at], (byte)character, .. text[(at + 1)..]] : text[..^1];
                Assert.Equal(SequenceNumber.TryParse(changed, out var expected), parser.TryParse(changed, out var number));
                Assert.Equal(expected, number);
                text = SequenceNumber.TryParse(changed, out _) ? changed : text;
            }
        });

    [Fact]
    public void A_number_with_any_byte_at_any_place_is_read_as_if_alone()
    {
        for (var length = 1; length <= SequenceNumber.DigitsMax + 1; length++)
        {
            var text = Encoding.ASCII.GetBytes(new string('7', length));
            for (var at = 0; at < length; at++)
            {
                foreach (var character in (byte[])[.. "0189/:x\""u8, 0, 0x80, 0xff])
                {
                    var parser = new SequenceParser();
                    Assert.Equal(length <= SequenceNumber.DigitsMax, parser.TryParse(text, out _));
                    byte[] changed = [.. text[..at], character, .. text[(at + 1)..]];
                    Assert.Equal(SequenceNumber.TryParse(changed, out var expected), parser.TryParse(changed, out var number));
                    Assert.Equal(expected, number);
                }
            }
        }
    }

    [Fact]
    public void Numbers_that_follow_each_other_over_a_border_of_their_parts_are_too() =>
        Gen.Select(Gen.Int[1, int.MaxValue], Gen.ULong, Gen.Int[0, 100], Gen.Bool.Array[2, 6]).Sample((upper, distance, shift, above) =>
        {
            // On both sides of a multiple of 2^128, so near that their first digits are mostly the same.
            var parser = new SequenceParser();
            foreach (var isAbove in above)
            {
                var number = ((BigInteger)upper << 128) + ((isAbove ? 1 : -1) * (((BigInteger)distance << shift) % BigInteger.Pow(10, 30)));
                var digits = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
                Assert.True(parser.TryParse(digits, out var parsed));
                Assert.Equal(SequenceNumber.Parse(Encoding.ASCII.GetString(digits)), parsed);
            }
        });

    [Fact]
    public void The_digits_of_one_number_after_the_other_are_those_of_each() =>
        Gen.Select(Digits, Gen.Select(Gen.OneOf(Gen.ULong[0, 3], Gen.ULong, Gen.Const(9_999_999_999_999_999UL)), Gen.Frequency((5, Gen.Const(0UL)), (1, Gen.ULong[0, 9]))).Array[1, 20]).Sample((first, steps) =>
        {
            var digits = new SequenceTexts();
            var number = SequenceNumber.Parse(first);
            foreach (var (low, middle) in steps)
            {
                number = number with { Low = unchecked(number.Low + low), Middle = number.Middle + middle };
                Assert.Equal(number.ToString(), Encoding.ASCII.GetString(digits.Of(number)));
            }
        });
}
