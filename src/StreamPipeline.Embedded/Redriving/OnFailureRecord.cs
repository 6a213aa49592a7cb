using System.Text;
using System.Text.Json;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Redriving;

/// <summary>
/// The invocation record that Lambda writes to an S3 on-failure destination: <c>KinesisBatchInfo</c> says which records failed, <c>payload</c>
/// holds the event that they came in, as JSON text. Source: AWS Lambda Developer Guide, "Retain discarded batch records for a Kinesis
/// event source in Lambda".
/// </summary>
internal static class OnFailureRecord
{
    /// <summary>Null when the file is something else. The caller disposes the event.</summary>
    /// <exception cref="InputException">It is such a record, but without its payload, or with one that is no Lambda event.</exception>
    public static LambdaEvent? TryRead(InputFile file)
    {
        if (file.Compression != CompressionKind.None || file.Bytes > InputFile.LambdaEventBytesMax)
        {
            return null;
        }

        var content = File.ReadAllBytes(file.Path);
        if (content.AsSpan().IndexOf("\"KinesisBatchInfo\""u8) < 0)
        {
            return null;
        }

        try
        {
            using var record = JsonDocument.Parse(content);
            return record.RootElement.ValueKind == JsonValueKind.Object && record.RootElement.TryGetProperty("KinesisBatchInfo"u8, out _)
                ? Payload(record.RootElement, file.Name)
                : null;
        }
        catch (JsonException)
        {
            // Lines of JSON, which happen to name it.
            return null;
        }
    }

    private static LambdaEvent Payload(JsonElement record, string name)
    {
        if (!record.TryGetProperty("payload"u8, out var payload))
        {
            throw new InputException(
                $"{name} is the record of a failed invocation without its payload: only an S3 on-failure destination keeps that (SQS and SNS get the sequence numbers alone); read the records from the stream while it retains them");
        }

        var json = payload.ValueKind == JsonValueKind.String ? payload.GetString()! : payload.GetRawText();
        var lambdaEvent = LambdaEventReader.Read(Encoding.UTF8.GetBytes(json));
        if (lambdaEvent.Error is { } error)
        {
            lambdaEvent.Dispose();
            throw new InputException($"{name}: its payload: {error}");
        }

        return lambdaEvent;
    }
}
