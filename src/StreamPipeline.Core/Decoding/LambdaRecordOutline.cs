using System.Text.Json;

namespace StreamPipeline.Core.Decoding;

/// <summary>What stands between two constant parts of a Lambda record.</summary>
internal enum LambdaValue
{
    /// <summary>Nothing: the record ends.</summary>
    None,

    /// <summary><c>kinesis.sequenceNumber</c>, a string.</summary>
    Sequence,

    /// <summary><c>kinesis.data</c>, a string.</summary>
    Data,

    /// <summary><c>kinesis.approximateArrivalTimestamp</c>, a number.</summary>
    Arrival,

    /// <summary><c>eventID</c>, a string.</summary>
    EventId,

    /// <summary>A string that nobody needs, and that differs from record to record: <c>kinesis.partitionKey</c>.</summary>
    Text,
}

/// <summary>A value in the text of a record; of a string without its quotes.</summary>
internal readonly record struct LambdaPlace(LambdaValue Value, int At, int Length);

/// <summary>Finds where a Lambda record has the values that differ from record to record.</summary>
internal static class LambdaRecordOutline
{
    /// <param name="record">From brace to brace; one that <see cref="LambdaRecordReader"/> has accepted.</param>
    /// <param name="places">Receives them in the order of the text.</param>
    public static void Find(ReadOnlySpan<byte> record, List<LambdaPlace> places)
    {
        var reader = new Utf8JsonReader(record);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isEventId = reader.ValueTextEquals("eventID"u8);
            var isKinesis = reader.ValueTextEquals("kinesis"u8);
            reader.Read();
            if (isEventId)
            {
                Add(reader, LambdaValue.EventId, places);
            }
            else if (isKinesis)
            {
                FindKinesis(ref reader, places);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void FindKinesis(ref Utf8JsonReader reader, List<LambdaPlace> places)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var value = reader.ValueTextEquals("sequenceNumber"u8) ? LambdaValue.Sequence
                : reader.ValueTextEquals("data"u8) ? LambdaValue.Data
                : reader.ValueTextEquals("approximateArrivalTimestamp"u8) ? LambdaValue.Arrival
                : reader.ValueTextEquals("partitionKey"u8) ? LambdaValue.Text
                : LambdaValue.None;
            reader.Read();
            if (value == LambdaValue.None || (value == LambdaValue.Text && reader.TokenType != JsonTokenType.String))
            {
                reader.Skip();
            }
            else
            {
                Add(reader, value, places);
            }
        }
    }

    private static void Add(in Utf8JsonReader reader, LambdaValue value, List<LambdaPlace> places) =>
        places.Add(new LambdaPlace(value, (int)reader.TokenStartIndex + (reader.TokenType == JsonTokenType.String ? 1 : 0), reader.ValueSpan.Length));
}
