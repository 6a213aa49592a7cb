using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace StreamPipeline.Core.Decoding;

/// <summary>Reads one element of a Lambda Kinesis event's Records.</summary>
internal static class LambdaRecordReader
{
    /// <summary>The end of the year 9999: no arrival time is beyond.</summary>
    private const decimal ArrivalSecondsMax = 253_402_300_799m;

    public const int EventIdBytesMax = 256;

    public const int ShardCharactersMax = 128;

    private static readonly SearchValues<byte> _shardCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"u8);

    /// <summary>Null, or what is missing or wrong. JSON that is broken throws, as the reader does.</summary>
    public static string? Read(ref Utf8JsonReader reader, LambdaRecords records)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "is not an object";
        }

        var record = new LambdaRecord();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? error = null;
            if (reader.ValueTextEquals("kinesis"u8))
            {
                reader.Read();
                error = ReadKinesis(ref reader, ref record, records);
            }
            else if (reader.ValueTextEquals("eventID"u8))
            {
                reader.Read();
                error = ReadShard(ref reader, ref record, records);
            }
            else if (reader.ValueTextEquals("eventSource"u8))
            {
                reader.Read();
                error = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("aws:kinesis"u8)
                    ? null
                    : "has an eventSource other than aws:kinesis";
            }
            else
            {
                reader.Read();
                reader.Skip();
            }

            if (error is not null)
            {
                return error;
            }
        }

        return records.Add(record);
    }

    private static string? ReadKinesis(ref Utf8JsonReader reader, ref LambdaRecord record, LambdaRecords records)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "has a member kinesis that is not an object";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? error = null;
            if (reader.ValueTextEquals("sequenceNumber"u8))
            {
                reader.Read();
                error = ReadSequence(ref reader, ref record);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                error = ReadData(ref reader, ref record, records);
            }
            else if (reader.ValueTextEquals("approximateArrivalTimestamp"u8))
            {
                reader.Read();
                error = ReadArrival(ref reader, ref record);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }

            if (error is not null)
            {
                return error;
            }
        }

        return null;
    }

    private static string? ReadSequence(ref Utf8JsonReader reader, ref LambdaRecord record)
    {
        Span<byte> digits = stackalloc byte[SequenceNumber.DigitsMax];
        if (reader.TokenType != JsonTokenType.String
            || reader.ValueSpan.Length > digits.Length
            || !SequenceNumber.TryParse(digits[..reader.CopyString(digits)], out var sequence))
        {
            return $"has a sequenceNumber that is not a string of 1 to {SequenceNumber.DigitsMax} digits";
        }

        if (record.Sequence is not null)
        {
            return "names sequenceNumber twice";
        }

        record.Sequence = sequence;
        return null;
    }

    private static string? ReadArrival(ref Utf8JsonReader reader, ref LambdaRecord record)
    {
        if (reader.TokenType != JsonTokenType.Number
            || !reader.TryGetDecimal(out var seconds)
            || seconds is < 0 or > ArrivalSecondsMax)
        {
            return "has an approximateArrivalTimestamp that is not a number of seconds since 1970";
        }

        if (record.ArrivalUs is not null)
        {
            return "names approximateArrivalTimestamp twice";
        }

        record.ArrivalUs = (long)decimal.Round(seconds * 1_000_000m);
        return null;
    }

    /// <summary>The shard id stands before the colon of eventID, as in <c>shardId-000000000006:4959…</c>.</summary>
    private static string? ReadShard(ref Utf8JsonReader reader, ref LambdaRecord record, LambdaRecords records)
    {
        Span<byte> text = stackalloc byte[EventIdBytesMax];
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > text.Length)
        {
            return "has an eventID that is not a string of at most 256 bytes";
        }

        var id = text[..reader.CopyString(text)];
        var colon = id.IndexOf((byte)':');
        var shard = colon < 0 ? id : id[..colon];

        // The characters that the Kinesis API allows; shard ids become parts of keys and of file names.
        if (colon < 1 || colon > ShardCharactersMax || shard.ContainsAnyExcept(_shardCharacters))
        {
            return "has an eventID without a shard id before a colon, such as shardId-000000000006:4959…";
        }

        if (record.Shard is not null)
        {
            return "names eventID twice";
        }

        record.Shard = records.Shard(shard, isNew: true);
        return null;
    }

    private static string? ReadData(ref Utf8JsonReader reader, ref LambdaRecord record, LambdaRecords records)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return "has data that is not a string";
        }

        if (record.Data is not null)
        {
            return "names data twice";
        }

        var room = records.Room;
        var text = room[..reader.CopyString(room)];
        if (Base64.DecodeFromUtf8InPlace(text, out var length) == OperationStatus.Done)
        {
            record.Data = records.Take(length);
            return null;
        }

        // The text was overwritten in part: write it again.
        record.Data = records.Take(reader.CopyString(room));
        record.Fault = new RecordFault(
            QuarantineReason.BadBase64, $"Records[{records.Count}].kinesis.data, {text.Length:N0} characters, is not base64 (RFC 4648 section 4)");
        return null;
    }
}
