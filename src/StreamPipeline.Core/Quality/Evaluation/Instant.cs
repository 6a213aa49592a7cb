using System.Globalization;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Reads dates and times as rules and columns spell them; a time without an offset is UTC.</summary>
internal static class Instant
{
    public const long DayUs = 86_400_000_000;

    /// <summary>What is accepted, for messages.</summary>
    public const string Usage = "\"2024-01-31\" or \"2024-01-31T08:30:00Z\"";

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd' 'HH:mm:ssK", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd' 'HH:mmK",
    ];

    /// <summary>Microseconds since the epoch of a date (its midnight, UTC) or a date and time.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long us) => TryParseDate(text, out us) || TryParseTime(text, out us);

    public static bool TryParseDate(ReadOnlySpan<char> text, out long us)
    {
        var parsed = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date);
        us = parsed ? (date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * DayUs : 0;
        return parsed;
    }

    private static bool TryParseTime(ReadOnlySpan<char> text, out long us)
    {
        var parsed = DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        us = parsed ? (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond : 0;
        return parsed;
    }
}
