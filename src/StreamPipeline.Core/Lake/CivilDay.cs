using System.Globalization;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Days as numbers since 1970-01-01, proleptic Gregorian, UTC. <see cref="DateTime"/> ends at the year 9999 and an integer event
/// time does not. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
/// </summary>
public static class CivilDay
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>The day that holds an instant, rounded down, also before 1970.</summary>
    /// <param name="timeUs">Microseconds since the epoch.</param>
    public static int Of(long timeUs) => (int)Math.DivRem(timeUs, MicrosecondsPerDay).Quotient - (timeUs % MicrosecondsPerDay < 0 ? 1 : 0);

    /// <summary>Hive-style partition folders: <c>year=2001/month=01/day=02</c>; years before 0 carry a minus sign.</summary>
    public static string Folder(int day)
    {
        var (year, month, dayOfMonth) = Parts(day);
        return string.Create(CultureInfo.InvariantCulture, $"year={year:0000}/month={month:00}/day={dayOfMonth:00}");
    }

    /// <summary>As <c>2001-01-02</c>; years before 0 carry a minus sign.</summary>
    public static string Text(int day)
    {
        var (year, month, dayOfMonth) = Parts(day);
        return string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{dayOfMonth:00}");
    }

    /// <summary>An instant in UTC, such as <c>2001-01-02T03:04:05.6Z</c>; any that 64 bits of microseconds hold.</summary>
    public static string Text(long timeUs)
    {
        var day = Of(timeUs);
        var time = new TimeOnly((timeUs - (day * MicrosecondsPerDay)) * TimeSpan.TicksPerMicrosecond);
        return $"{Text(day)}T{time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture)}Z";
    }

    private static (long Year, long Month, long Day) Parts(int day)
    {
        var shifted = day + 719_468L;
        var era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097;
        var dayOfEra = shifted - (era * 146_097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1_460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var marchMonth = ((5 * dayOfYear) + 2) / 153;
        var dayOfMonth = dayOfYear - (((153 * marchMonth) + 2) / 5) + 1;
        var month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        var year = yearOfEra + (era * 400) + (month <= 2 ? 1 : 0);
        return (year, month, dayOfMonth);
    }
}
