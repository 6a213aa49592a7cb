using System.Text;
using System.Text.Json;

namespace StreamPipeline.Core.Decoding;

/// <summary>Looks at the first record of a Lambda event without reading all of it.</summary>
public static class LambdaEventStart
{
    // The depth of {"Records":[{"eventID":…,"kinesis":{"sequenceNumber":…}}]}.
    private const int EventDepth = 1;
    private const int RecordDepth = 3;
    private const int KinesisDepth = 4;

    /// <param name="start">The beginning of the event, UTF-8.</param>
    /// <returns>Shard and sequence number of the first record; null: they do not stand in the beginning, or it is no event.</returns>
    public static (string Shard, SequenceNumber Sequence)? Read(ReadOnlySpan<byte> start)
    {
        string? shard = null;
        SequenceNumber? sequence = null;
        try
        {
            var reader = new Utf8JsonReader(start, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = LambdaEventReader.DepthMax }));
            while ((shard is null || sequence is null) && reader.Read())
            {
                if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == RecordDepth - 1)
                {
                    return null;
                }

                if (reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                if (reader.CurrentDepth == EventDepth && !reader.ValueTextEquals("Records"u8))
                {
                    if (!reader.Read() || !reader.TrySkip())
                    {
                        return null;
                    }
                }
                else if (reader.CurrentDepth == RecordDepth && reader.ValueTextEquals("eventID"u8))
                {
                    shard = reader.Read() && reader.TokenType == JsonTokenType.String ? ShardOf(reader.ValueSpan) : null;
                }
                else if (reader.CurrentDepth == KinesisDepth && reader.ValueTextEquals("sequenceNumber"u8))
                {
                    sequence = reader.Read() && SequenceNumber.TryParse(reader.ValueSpan, out var number) ? number : null;
                }
            }
        }
        catch (JsonException)
        {
            // It shows again when the event is read.
        }

        return shard is not null && sequence is { } first ? (shard, first) : null;
    }

    /// <summary>Of <c>shard:sequence</c>.</summary>
    private static string? ShardOf(ReadOnlySpan<byte> eventId) =>
        eventId.LastIndexOf((byte)':') is > 0 and var colon ? Encoding.UTF8.GetString(eventId[..colon]) : null;
}
