namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Reads dates and times by RFC 3339 section 5.6, strictly: the offset is mandatory, <c>T</c> and <c>Z</c> may be lower case, days are those
/// of their month, and a second 60 is accepted only where leap seconds occur, at 23:59 UTC; it then counts as the second after.
/// </summary>
public static class Rfc3339
{
    private const long SecondUs = 1_000_000;
    private const long DayUs = 86_400 * SecondUs;

    /// <summary>0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z in microseconds since the epoch: what other systems can hold.</summary>
    private const long SmallestUs = -62_135_596_800 * SecondUs;
    private const long GreatestUs = (253_402_300_800 * SecondUs) - 1;

    /// <summary>Reads a <c>date-time</c>.</summary>
    /// <param name="text">ASCII or UTF-8, nothing before or after.</param>
    /// <param name="microseconds">Since 1970-01-01T00:00:00Z; a longer fraction is cut, not rounded.</param>
    /// <returns>False when it is none, or outside the years 0001 to 9999 in UTC.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out long microseconds)
    {
        microseconds = 0;
        if (text.Length < 20
            || !TryParseDate(text[..10], out var days)
            || (text[10] | 0x20) != 't'
            || text[13] != ':'
            || text[16] != ':'
            || !TwoDigits(text, 11, 23, out var hour)
            || !TwoDigits(text, 14, 59, out var minute)
            || !TwoDigits(text, 17, 60, out var second))
        {
            return false;
        }

        var rest = text[19..];
        if (!TryFraction(ref rest, out var fractionUs) || !TryOffset(rest, out var offsetMinutes))
        {
            return false;
        }

        var minutes = ((long)hour * 60) + minute - offsetMinutes;
        if (second == 60 && (((minutes % 1440) + 1440) % 1440) != 1439)
        {
            return false;
        }

        microseconds = (days * DayUs) + (((minutes * 60) + second) * SecondUs) + fractionUs;
        return IsInRange(microseconds);
    }

    /// <summary>Whether a time since the epoch is in the years 0001 to 9999.</summary>
    internal static bool IsInRange(long microseconds) => microseconds is >= SmallestUs and <= GreatestUs;

    /// <summary>Reads a <c>full-date</c>, such as <c>2024-02-29</c>.</summary>
    /// <param name="text">ASCII or UTF-8, nothing before or after.</param>
    /// <param name="days">Since 1970-01-01.</param>
    /// <returns>False when it is none, or its year is 0000.</returns>
    public static bool TryParseDate(ReadOnlySpan<byte> text, out int days)
    {
        days = 0;
        if (text.Length != 10
            || text[4] != '-'
            || text[7] != '-'
            || !TwoDigits(text, 0, 99, out var century)
            || !TwoDigits(text, 2, 99, out var year)
            || !TwoDigits(text, 5, 12, out var month)
            || !TwoDigits(text, 8, 31, out var day))
        {
            return false;
        }

        year += century * 100;
        if (year == 0 || month == 0 || day == 0 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        days = new DateOnly(year, month, day).DayNumber - 719_162;
        return true;
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> text, out long microseconds)
    {
        microseconds = 0;
        if (text.IsEmpty || text[0] != '.')
        {
            return true;
        }

        var end = text[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (end <= 0)
        {
            return false;
        }

        for (var i = 0; i < 6; i++)
        {
            microseconds = (microseconds * 10) + (i < end ? text[1 + i] - '0' : 0);
        }

        text = text[(1 + end)..];
        return true;
    }

    /// <summary>Reads what ends a <c>date-time</c>.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="minutes">That local time is ahead of UTC.</param>
    internal static bool TryOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.Length == 1)
        {
            return (text[0] | 0x20) == 'z';
        }

        if (text.Length != 6
            || text[0] is not ((byte)'+' or (byte)'-')
            || text[3] != ':'
            || !TwoDigits(text, 1, 23, out var hours)
            || !TwoDigits(text, 4, 59, out minutes))
        {
            return false;
        }

        minutes += hours * 60;
        minutes = text[0] == '-' ? -minutes : minutes;
        return true;
    }

    private static bool TwoDigits(ReadOnlySpan<byte> text, int at, int max, out int value)
    {
        var tens = (uint)(text[at] - '0');
        var ones = (uint)(text[at + 1] - '0');
        value = (int)((tens * 10) + ones);
        return tens <= 9 && ones <= 9 && value <= max;
    }
}
