using System.Collections;
using System.Globalization;
using System.Text;

namespace StreamPipeline.Cli.Query;

/// <summary>A value of a result as text, for tables and CSV: invariant numbers, ISO 8601 times, UTC marked by Z.</summary>
internal static class CellText
{
    /// <summary>Null only for NULL.</summary>
    public static string? Of(object? value) => value switch
    {
        null or DBNull => null,
        string text => text,
        bool truth => truth ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTime time => Time(time, time.Kind == DateTimeKind.Utc),
        DateTimeOffset time => Time(time.UtcDateTime, isUtc: true),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        byte[] bytes => Bytes(bytes),
        Stream stream => Bytes(ReadAll(stream)),
        IDictionary map => Nested(map),
        IEnumerable list => Nested(list),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>To the second when there is nothing below it, else to the microsecond.</summary>
    public static string Time(DateTime time, bool isUtc)
    {
        var text = time.ToString(time.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss" : "yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        return isUtc ? text + "Z" : text;
    }

    /// <summary>UTF-8 text when it is that (raw events are), else hex.</summary>
    public static string Bytes(byte[] bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return "0x" + Convert.ToHexStringLower(bytes);
        }
    }

    public static byte[] ReadAll(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static string Nested(object value)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new System.Text.Json.Utf8JsonWriter(buffer, Output.JsonText.Options))
        {
            JsonValue.Write(json, value);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
