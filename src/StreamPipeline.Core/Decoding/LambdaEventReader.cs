using System.Text.Json;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Reads the event that AWS Lambda hands to a function for a Kinesis stream. Members may come in any order, unknown ones are ignored.
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html (example event).
/// </summary>
public static class LambdaEventReader
{
    /// <summary>Most that is nested.</summary>
    internal const int DepthMax = 64;

    /// <summary>A window that is large enough for <see cref="TryRead"/>, and small enough to stay in the processor's cache.</summary>
    public const int WindowBytes = 512 << 10;

    private static readonly JsonReaderOptions _options = new() { MaxDepth = DepthMax };

    /// <summary>Reads into an event of its own: see <see cref="Read(ReadOnlySpan{byte}, LambdaEvent)"/>.</summary>
    /// <param name="json">The event, UTF-8; at most 6 MB when it comes from Lambda.</param>
    /// <returns>Owner: the caller.</returns>
    public static LambdaEvent Read(ReadOnlySpan<byte> json)
    {
        var read = new LambdaEvent();
        Read(json, read);
        return read;
    }

    /// <summary>
    /// Never throws for what the event holds. A record whose data is not base64 becomes a <see cref="StreamRecord"/> with a fault and
    /// the base64 text as its data; everything else that is wrong makes the whole event an error, so that no record is passed over.
    /// </summary>
    /// <param name="json">The event, UTF-8; at most 6 MB when it comes from Lambda. Not needed any more when this returns.</param>
    /// <param name="into">Receives it; what was read into it before is void.</param>
    public static void Read(ReadOnlySpan<byte> json, LambdaEvent into)
    {
        if (Read(json, into, into.Layout) is not null && into.Layout.Hops > 0)
        {
            // What is wrong, and at which byte, is told by a reader that has seen all of it.
            Read(json, into, layout: null);
        }
    }

    /// <summary>Reads an event as Lambda writes it, window by window.</summary>
    /// <param name="json">The event from its first byte on, UTF-8.</param>
    /// <param name="jsonBytes">Bytes that it has.</param>
    /// <param name="window">At least <see cref="WindowBytes"/>; not needed any more when this returns.</param>
    /// <param name="into">Receives it; what was read into it before is void.</param>
    /// <returns>False: it is something else, or not right; then <paramref name="into"/> is void, and <see cref="Read(ReadOnlySpan{byte}, LambdaEvent)"/> of the whole tells.</returns>
    /// <exception cref="IOException">As of the stream.</exception>
    public static bool TryRead(Stream json, int jsonBytes, Span<byte> window, LambdaEvent into)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window.Length, WindowBytes);
        into.Error = null;
        var isRead = new LambdaEventBlocks(json, jsonBytes, window, into).TryRead();
        if (isRead)
        {
            into.Error = into.Records.End();
            isRead = into.Error is null;
        }

        if (!isRead)
        {
            into.Records.Begin(0);
        }

        return isRead;
    }

    /// <param name="json">The event.</param>
    /// <param name="into">Receives it.</param>
    /// <param name="layout">Null: each record takes the complete path.</param>
    internal static string? Read(ReadOnlySpan<byte> json, LambdaEvent into, LambdaRecordLayout? layout)
    {
        var records = into.Records;
        records.Begin(json.Length);
        layout?.Begin();
        string? error;
        try
        {
            var reader = new Utf8JsonReader(json, _options);
            error = ReadEvent(json, ref reader, records, layout);
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

        if (error is null)
        {
            error = records.End();
        }

        into.Error = error;
        return error;
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

    private static string? ReadEvent(ReadOnlySpan<byte> json, ref Utf8JsonReader reader, LambdaRecords records, LambdaRecordLayout? layout)
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
            if (ReadRecords(json, ref reader, records, layout) is { } error)
            {
                return error;
            }
        }

        // To the end, so that what follows the object is an error too.
        while (reader.Read())
        {
        }

        return found ? null : "not a Lambda Kinesis event: it has no member Records";
    }

    /// <summary>
    /// Each record teaches the layout what the next ones will look like; those that do are hopped over by it, and a reader goes on behind them. Behind one
    /// record a reader's state is the same as behind any other, except for the place in the text that an exception would tell.
    /// </summary>
    private static string? ReadRecords(ReadOnlySpan<byte> json, ref Utf8JsonReader reader, LambdaRecords records, LambdaRecordLayout? layout)
    {
        var origin = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = origin + (int)reader.TokenStartIndex;
            if (LambdaRecordReader.Read(ref reader, records) is { } error)
            {
                return records.Place + error;
            }

            var end = origin + (int)reader.BytesConsumed;
            if (records.Count == 1)
            {
                records.Expect((json.Length - end) / (end - start));
            }

            layout?.Learn(json[start..end]);
            var behind = layout?.Hop(json, end, records) ?? end;
            if (behind > end)
            {
                origin = behind;
                reader = new Utf8JsonReader(json[behind..], isFinalBlock: true, reader.CurrentState);
            }
        }

        return null;
    }
}
