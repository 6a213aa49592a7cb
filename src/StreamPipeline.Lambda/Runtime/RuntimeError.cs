using System.Buffers;
using System.Text.Json;

namespace StreamPipeline.Lambda.Runtime;

/// <summary>An error as Lambda shows it. Messages of this code base name places, values and limits, never a record's content.</summary>
internal sealed record RuntimeError(string Type, string Message, string? StackTrace)
{
    private const int StackLinesMax = 40;

    public static RuntimeError Of(Exception error) => new("StreamPipeline." + error.GetType().Name, error.Message, error.StackTrace);

    /// <summary>Configuration that a person has to mend: no stack trace.</summary>
    public static RuntimeError Configuration(string message) => new("StreamPipeline.Configuration", message, null);

    public ReadOnlyMemory<byte> ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("errorMessage"u8, Message);
        json.WriteString("errorType"u8, Type);
        json.WriteStartArray("stackTrace"u8);
        foreach (var line in (StackTrace ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(StackLinesMax))
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
