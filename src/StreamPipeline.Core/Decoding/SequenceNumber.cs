using System.Globalization;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// A Kinesis sequence number: a non-negative decimal integer of at most 57 digits (below 2^192), ordered within a shard.
/// Source: Amazon Kinesis API Reference, <c>Record.SequenceNumber</c>, pattern <c>0|([1-9]\d{0,128})</c>; real ones have 56 digits.
/// </summary>
public readonly record struct SequenceNumber(ulong High, ulong Middle, ulong Low) : IComparable<SequenceNumber>
{
    /// <summary>Most decimal digits accepted: every 57-digit number fits 192 bits.</summary>
    public const int DigitsMax = 57;

    /// <summary>10^19 is the greatest power of ten below 2^64.</summary>
    private const int ChunkDigits = 19;

    public static SequenceNumber From(UInt128 value) => new(0, (ulong)(value >> 64), (ulong)value);

    public int CompareTo(SequenceNumber other)
    {
        var high = High.CompareTo(other.High);
        if (high != 0)
        {
            return high;
        }

        var middle = Middle.CompareTo(other.Middle);
        return middle != 0 ? middle : Low.CompareTo(other.Low);
    }

    public static bool operator <(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) < 0;

    public static bool operator >(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) > 0;

    public static bool operator <=(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) >= 0;

    /// <summary>Parses ASCII decimal digits; false when empty, longer than <see cref="DigitsMax"/> or not digits.</summary>
    public static bool TryParse(ReadOnlySpan<byte> digits, out SequenceNumber value)
    {
        value = default;
        if (digits.IsEmpty || digits.Length > DigitsMax)
        {
            return false;
        }

        // 19 digits at a time: ((first × 10^19) + second) × 10^19 + third.
        var first = digits.Length % ChunkDigits;
        UInt192 number = default;
        for (var at = 0; at < digits.Length;)
        {
            var length = at == 0 && first != 0 ? first : ChunkDigits;
            ulong chunk = 0;
            foreach (var digit in digits.Slice(at, length))
            {
                var value10 = (uint)(digit - '0');
                if (value10 > 9)
                {
                    return false;
                }

                chunk = (chunk * 10) + value10;
            }

            number = number.TimesChunkPlus(chunk);
            at += length;
        }

        value = new SequenceNumber(number.High, number.Middle, number.Low);
        return true;
    }

    /// <exception cref="FormatException">The text is not 1 to 57 decimal digits.</exception>
    public static SequenceNumber Parse(string digits)
    {
        Span<byte> ascii = stackalloc byte[DigitsMax];
        if (digits.Length > DigitsMax
            || !System.Text.Encoding.ASCII.TryGetBytes(digits, ascii, out var written)
            || !TryParse(ascii[..written], out var value))
        {
            throw new FormatException($"'{digits}' is not a sequence number: 1 to {DigitsMax} decimal digits are expected");
        }

        return value;
    }

    /// <summary>Writes the decimal digits as ASCII into <paramref name="destination"/> (at least 58 bytes) and returns their count.</summary>
    public int Format(Span<byte> destination)
    {
        var rest = new UInt192(High, Middle, Low).DivideByChunk(out var third);
        rest = rest.DivideByChunk(out var second);
        var first = rest.Low;
        if (first == 0 && second == 0)
        {
            return FormatFirst(third, destination);
        }

        var length = first == 0 ? FormatFirst(second, destination) : FormatFirst(first, destination);
        if (first != 0)
        {
            FormatChunk(second, destination[length..]);
            length += ChunkDigits;
        }

        FormatChunk(third, destination[length..]);
        return length + ChunkDigits;
    }

    public override string ToString()
    {
        Span<byte> digits = stackalloc byte[DigitsMax + 1];
        return System.Text.Encoding.ASCII.GetString(digits[..Format(digits)]);
    }

    private static int FormatFirst(ulong chunk, Span<byte> destination)
    {
        chunk.TryFormat(destination, out var written, default, CultureInfo.InvariantCulture);
        return written;
    }

    private static void FormatChunk(ulong chunk, Span<byte> destination) => chunk.TryFormat(destination, out _, "D19", CultureInfo.InvariantCulture);
}
