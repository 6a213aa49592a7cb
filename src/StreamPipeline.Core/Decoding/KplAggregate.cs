using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// A Kinesis record that the Kinesis Producer Library packed from several: magic, protobuf <c>AggregatedRecord</c>, MD5 of the protobuf.
/// Source: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md.
/// </summary>
internal static class KplAggregate
{
    /// <summary>Most sub-records accepted: above what 1 MiB holds of records with 8 bytes of data each.</summary>
    public const int SubRecordsMax = 100_000;

    private const int RecordsField = 3;
    private const int DataField = 3;

    private static ReadOnlySpan<byte> Magic => [0xF3, 0x89, 0x9A, 0xC2];

    /// <summary>
    /// Whether this is an aggregate. As in the Kinesis Client Library, bytes whose MD5 does not match are an ordinary record
    /// that happens to start like one.
    /// </summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The format's checksum; nothing is secured by it.")]
    public static bool TryOpen(ReadOnlyMemory<byte> data, out ReadOnlyMemory<byte> message)
    {
        message = default;
        if (data.Length < Magic.Length + MD5.HashSizeInBytes || !data.Span.StartsWith(Magic))
        {
            return false;
        }

        var body = data[Magic.Length..^MD5.HashSizeInBytes];
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(body.Span, hash);
        if (!hash.SequenceEqual(data.Span[^MD5.HashSizeInBytes..]))
        {
            return false;
        }

        message = body;
        return true;
    }

    /// <summary>Adds the data of each sub-record, as slices of <paramref name="message"/>, in order.</summary>
    /// <returns>Null, or what is wrong with the message; then nothing is added.</returns>
    public static string? Read(ReadOnlyMemory<byte> message, List<ReadOnlyMemory<byte>> subRecords)
    {
        var before = subRecords.Count;
        var error = ReadRecords(message, subRecords);
        if (error is not null)
        {
            subRecords.RemoveRange(before, subRecords.Count - before);
        }

        return error;
    }

    private static string? ReadRecords(ReadOnlyMemory<byte> message, List<ReadOnlyMemory<byte>> subRecords)
    {
        var count = 0;
        var fields = new ProtobufReader(message.Span);
        while (fields.Next())
        {
            // The tables of partition and hash keys say who sent it where; the events do not depend on them.
            if (fields.FieldNumber != RecordsField)
            {
                continue;
            }

            if (!fields.IsLengthDelimited)
            {
                return $"sub-record {count + 1} is not a message";
            }

            if (count == SubRecordsMax)
            {
                return $"it holds more than {SubRecordsMax:N0} sub-records, the most that are accepted";
            }

            count++;
            if (!TryReadData(message.Slice(fields.Start, fields.Length), out var data))
            {
                return $"sub-record {count} has no data, or is not a protobuf message";
            }

            subRecords.Add(data);
        }

        return fields.Broken ? $"the protobuf message is broken after {count} sub-records" : null;
    }

    private static bool TryReadData(ReadOnlyMemory<byte> record, out ReadOnlyMemory<byte> data)
    {
        data = default;
        var found = false;
        var fields = new ProtobufReader(record.Span);
        while (fields.Next())
        {
            if (fields.FieldNumber == DataField && fields.IsLengthDelimited)
            {
                data = record.Slice(fields.Start, fields.Length);
                found = true;
            }
        }

        return found && !fields.Broken;
    }
}
