namespace StreamPipeline.Core.Decoding;

/// <summary>
/// A Kinesis sequence number: a non-negative decimal integer of at most 57 digits (below 2^192), ordered within a shard.
/// Source: Amazon Kinesis API Reference, <c>Record.SequenceNumber</c>, pattern <c>0|([1-9]\d{0,128})</c>; real ones have 56 digits.
/// </summary>
public readonly record struct SequenceNumber(ulong High, ulong Middle, ulong Low) : IComparable<SequenceNumber>
{
    /// <summary>Most decimal digits accepted: every 57-digit number fits 192 bits.</summary>
    public const int DigitsMax = 57;

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

        ulong high = 0, middle = 0, low = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            var carry = ((UInt128)low * 10) + (uint)(digit - '0');
            low = (ulong)carry;
            carry = ((UInt128)middle * 10) + (ulong)(carry >> 64);
            middle = (ulong)carry;
            high = (high * 10) + (ulong)(carry >> 64);
        }

        value = new SequenceNumber(high, middle, low);
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
        Span<byte> reversed = stackalloc byte[DigitsMax + 1];
        ulong high = High, middle = Middle, low = Low;
        var count = 0;
        do
        {
            var remainder = high % 10;
            high /= 10;
            var part = ((UInt128)remainder << 64) | middle;
            middle = (ulong)(part / 10);
            part = ((UInt128)(ulong)(part % 10) << 64) | low;
            low = (ulong)(part / 10);
            reversed[count++] = (byte)('0' + (int)(ulong)(part % 10));
        }
        while ((high | middle | low) != 0);

        for (var i = 0; i < count; i++)
        {
            destination[i] = reversed[count - 1 - i];
        }

        return count;
    }

    public override string ToString()
    {
        Span<byte> digits = stackalloc byte[DigitsMax + 1];
        return System.Text.Encoding.ASCII.GetString(digits[..Format(digits)]);
    }
}
