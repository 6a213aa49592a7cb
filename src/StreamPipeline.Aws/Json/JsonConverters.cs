using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Runtime;

namespace StreamPipeline.Aws.Json;

/// <summary>A blob: base64 text. Bytes are encoded from, and decoded into, the stream's own buffer.</summary>
internal sealed class BlobConverter : JsonConverter<MemoryStream>
{
    public override MemoryStream Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var bytes = reader.GetBytesFromBase64();
        return new MemoryStream(bytes, 0, bytes.Length, writable: false, publiclyVisible: true);
    }

    public override void Write(Utf8JsonWriter writer, MemoryStream value, JsonSerializerOptions options) =>
        writer.WriteBase64StringValue(value.TryGetBuffer(out var buffer) ? buffer : value.ToArray());
}

/// <summary>A timestamp: seconds since the epoch, with a fraction. Dates are UTC, exact to the tick.</summary>
internal sealed class EpochSecondsConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // Decimal: a double would move microseconds of today.
        var seconds = reader.GetDecimal();
        try
        {
            return DateTime.UnixEpoch.AddTicks(checked((long)(seconds * TimeSpan.TicksPerSecond)));
        }
        catch (Exception error) when (error is OverflowException or ArgumentOutOfRangeException)
        {
            throw new JsonException($"a timestamp of {seconds} seconds since the epoch; years 1 to 9999 are allowed", error);
        }
    }

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        writer.WriteNumberValue((decimal)(value.ToUniversalTime() - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerSecond);
}

/// <summary>One of a service's names for a thing; names that are newer than this code are kept.</summary>
internal abstract class ConstantConverter<T>(Func<string, T> find) : JsonConverter<T>
    where T : ConstantClass
{
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } value ? find(value) : null;

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
