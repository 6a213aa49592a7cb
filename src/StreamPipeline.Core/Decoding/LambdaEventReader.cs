using System.Buffers;
using System.Text.Json;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Reads the event that AWS Lambda hands to a function for a Kinesis stream. Members may come in any order, unknown ones are ignored.
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html (example event).
/// </summary>
public static class LambdaEventReader
{
    private static readonly JsonReaderOptions _options = new() { MaxDepth = 64 };

    /// <summary>
    /// Never throws for what the event holds. A record whose data is not base64 becomes a <see cref="StreamRecord"/> with a fault and
    /// the base64 text as its data; everything else that is wrong makes the whole event an error, so that no record is passed over.
    /// </summary>
    /// <param name="json">The event, UTF-8; at most 6 MB when it comes from Lambda.</param>
    public static LambdaEvent Read(ReadOnlySpan<byte> json)
    {
        // Base64 shrinks and escapes only shrink further, so the text's own length is room enough for all data.
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, json.Length));
        var records = new LambdaRecords(buffer);
        string? error;
        try
        {
            var reader = new Utf8JsonReader(json, _options);
            error = ReadEvent(ref reader, records);
        }
        catch (JsonException exception)
        {
            error = $"not JSON, after {records.Count} whole records: {exception.Message}";
        }
        catch (InvalidOperationException exception)
        {
            // Utf8JsonReader: a string that is not UTF-8, or half a surrogate pair.
            error = $"not UTF-8, after {records.Count} whole records: {exception.Message}";
        }

        if (error is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return new LambdaEvent(error);
        }

        return new LambdaEvent(records.ToBatches(), buffer);
    }

    /// <summary>
    /// Whether a document is such an event rather than lines of JSON: an object whose Records begins with an object that has one of the
    /// members of a Lambda record.
    /// </summary>
    /// <param name="start">The beginning of the document; 64 KiB are plenty.</param>
    public static bool LooksLikeEvent(ReadOnlySpan<byte> start)
    {
        try
        {
            var reader = new Utf8JsonReader(start, isFinalBlock: false, new JsonReaderState(_options));
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("Records"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.StartArray && BeginsWithRecord(ref reader);
                }

                if (!reader.Read() || !reader.TrySkip())
                {
                    return false;
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON: then it is not an event, whatever else it may be.
        }

        return false;
    }

    private static bool BeginsWithRecord(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            // An event without records is still one.
            return reader.TokenType == JsonTokenType.EndArray;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("kinesis"u8) || reader.ValueTextEquals("eventSource"u8) || reader.ValueTextEquals("eventID"u8))
            {
                return true;
            }

            if (!reader.Read() || !reader.TrySkip())
            {
                return false;
            }
        }

        return false;
    }

    private static string? ReadEvent(ref Utf8JsonReader reader, LambdaRecords records)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "not a Lambda event: a JSON object with the member Records is expected";
        }

        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRecords = reader.ValueTextEquals("Records"u8);
            reader.Read();
            if (!isRecords)
            {
                reader.Skip();
                continue;
            }

            if (found || reader.TokenType != JsonTokenType.StartArray)
            {
                return found ? "the event names Records twice" : "the event's Records is not an array";
            }

            found = true;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (LambdaRecordReader.Read(ref reader, records) is { } error)
                {
                    return records.Place + error;
                }
            }
        }

        // To the end, so that what follows the object is an error too.
        while (reader.Read())
        {
        }

        return found ? null : "not a Lambda Kinesis event: it has no member Records";
    }
}
