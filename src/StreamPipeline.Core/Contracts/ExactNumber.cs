namespace StreamPipeline.Core.Contracts;

/// <summary>
/// A JSON number read exactly: sign, significant digits without zeros at either end, and a power of ten. No digit is ever lost, and
/// the cost is linear in the text, also for <c>1e999999999</c>.
/// </summary>
internal readonly ref struct ExactNumber
{
    private const long ExponentLimit = 1_000_000_000_000;
    private readonly ReadOnlySpan<byte> _significant;

    private ExactNumber(bool negative, ReadOnlySpan<byte> significant, int digits, long exponent)
    {
        IsNegative = negative;
        _significant = significant;
        DigitCount = digits;
        Exponent = exponent;
    }

    public bool IsNegative { get; }

    /// <summary>0 when the value is zero.</summary>
    public int DigitCount { get; }

    /// <summary>The value is digits × 10^exponent.</summary>
    public long Exponent { get; }

    public bool IsZero => DigitCount == 0;

    public bool IsInteger => IsZero || Exponent >= 0;

    /// <param name="text">A number by the grammar of RFC 8259 section 6; anything else gives a meaningless result.</param>
    public static ExactNumber Parse(ReadOnlySpan<byte> text)
    {
        var negative = text[0] == (byte)'-';
        var mantissa = negative ? text[1..] : text;
        long exponent = 0;
        var e = mantissa.IndexOfAny((byte)'e', (byte)'E');
        if (e >= 0)
        {
            exponent = ParseExponent(mantissa[(e + 1)..]);
            mantissa = mantissa[..e];
        }

        var first = mantissa.IndexOfAnyInRange((byte)'1', (byte)'9');
        if (first < 0)
        {
            return new ExactNumber(negative, default, 0, 0);
        }

        var last = mantissa.LastIndexOfAnyInRange((byte)'1', (byte)'9');
        var point = mantissa.IndexOf((byte)'.');
        var units = point < 0 ? mantissa.Length - 1 : point - 1;
        // Behind the point, the point itself takes one place between a digit and its power.
        exponent += last <= units ? units - last : units - last + 1;
        var digits = last - first + 1 - (point > first && point < last ? 1 : 0);
        return new ExactNumber(negative, mantissa.Slice(first, last - first + 1), digits, exponent);
    }

    /// <summary>False when it is not an integer or beyond 64 bits; <see cref="IsInteger"/> tells which.</summary>
    public bool TryGetInt64(out long value)
    {
        var whole = IsInteger ? IntegerPart() : Int128.MaxValue;
        var fits = whole >= long.MinValue && whole <= long.MaxValue;
        value = fits ? (long)whole : 0;
        return fits;
    }

    /// <summary>The integer part, towards zero; of more than 20 digits, which are beyond 64 bits, only the sign is right.</summary>
    public Int128 IntegerPart()
    {
        const int DigitsMax = 20;
        var count = Math.Min(DigitCount + Exponent, DigitsMax + 1);
        Int128 magnitude = 0;
        var taken = 0;
        foreach (var b in _significant)
        {
            if (taken >= count)
            {
                break;
            }

            if (b != (byte)'.')
            {
                magnitude = (magnitude * 10) + (b - '0');
                taken++;
            }
        }

        for (; taken < count; taken++)
        {
            magnitude *= 10;
        }

        return IsNegative ? -magnitude : magnitude;
    }

    /// <summary>The digits, as an integer, modulo <paramref name="divisor"/>.</summary>
    public ulong DigitsModulo(ulong divisor)
    {
        UInt128 rest = 0;
        foreach (var b in _significant)
        {
            if (b != (byte)'.')
            {
                rest = ((rest * 10) + (uint)(b - '0')) % divisor;
            }
        }

        return (ulong)rest;
    }

    /// <summary>The digits as an integer; they must be at most 18.</summary>
    public ulong Digits()
    {
        ulong value = 0;
        foreach (var b in _significant)
        {
            value = b == (byte)'.' ? value : (value * 10) + (uint)(b - '0');
        }

        return value;
    }

    private static long ParseExponent(ReadOnlySpan<byte> text)
    {
        long value = 0;
        foreach (var b in text)
        {
            if (b is >= (byte)'0' and <= (byte)'9')
            {
                // Saturates far beyond any double, far below overflow when digits are added.
                value = Math.Min((value * 10) + (b - '0'), ExponentLimit);
            }
        }

        return text[0] == (byte)'-' ? -value : value;
    }
}
