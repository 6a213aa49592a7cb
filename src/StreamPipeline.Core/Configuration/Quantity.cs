using System.Globalization;

namespace StreamPipeline.Core.Configuration;

/// <summary>Durations such as <c>500ms</c> or <c>7d</c>, and sizes such as <c>512KiB</c>: a whole number and a unit, no space.</summary>
public static class Quantity
{
    /// <summary>A whole number and <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>; false for anything else.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var (number, unit) = Split(text);
        long ticks = unit switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            _ => 0,
        };
        if (ticks == 0 || number < 0 || number > long.MaxValue / ticks)
        {
            return false;
        }

        duration = new TimeSpan(number * ticks);
        return true;
    }

    /// <summary>As pipeline.yaml has it: in the greatest unit of which the duration is a multiple.</summary>
    /// <param name="duration">A whole number of milliseconds.</param>
    public static string Text(TimeSpan duration)
    {
        (string Unit, long Ticks)[] units =
        [
            ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond),
        ];
        var (unit, ticks) = units.FirstOrDefault(unit => duration.Ticks % unit.Ticks == 0, units[^1]);
        return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / ticks}{unit}");
    }

    /// <summary>A whole number of bytes, or one and <c>KiB</c>, <c>MiB</c> or <c>GiB</c>; false for anything else.</summary>
    public static bool TryParseBytes(string text, out long bytes)
    {
        bytes = 0;
        var (number, unit) = Split(text);
        long scale = unit switch
        {
            "" or "B" => 1,
            "KiB" => 1L << 10,
            "MiB" => 1L << 20,
            "GiB" => 1L << 30,
            _ => 0,
        };
        if (scale == 0 || number < 0 || number > long.MaxValue / scale)
        {
            return false;
        }

        bytes = number * scale;
        return true;
    }

    /// <summary>As a user would write it: the largest unit that divides it.</summary>
    public static string Format(TimeSpan duration) => duration.Ticks switch
    {
        0 => "0s",
        var ticks when ticks % TimeSpan.TicksPerDay == 0 => $"{ticks / TimeSpan.TicksPerDay}d",
        var ticks when ticks % TimeSpan.TicksPerHour == 0 => $"{ticks / TimeSpan.TicksPerHour}h",
        var ticks when ticks % TimeSpan.TicksPerMinute == 0 => $"{ticks / TimeSpan.TicksPerMinute}m",
        var ticks when ticks % TimeSpan.TicksPerSecond == 0 => $"{ticks / TimeSpan.TicksPerSecond}s",
        var ticks => $"{ticks / TimeSpan.TicksPerMillisecond}ms",
    };

    /// <summary>As a user would write it.</summary>
    public static string Format(long bytes) => bytes switch
    {
        >= 1 << 20 when bytes % (1 << 20) == 0 => $"{bytes >> 20}MiB",
        >= 1 << 10 when bytes % (1 << 10) == 0 => $"{bytes >> 10}KiB",
        _ => bytes.ToString(CultureInfo.InvariantCulture),
    };

    private static (long Number, string Unit) Split(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? text.Length : digits;
        return long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (number, text[digits..])
            : (-1, "");
    }
}
