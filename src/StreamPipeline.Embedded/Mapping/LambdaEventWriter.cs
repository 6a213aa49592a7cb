using System.Buffers;
using System.Text.Json;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>
/// Writes the event that Lambda hands to a function for a batch of a Kinesis stream.
/// Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html (example event).
/// </summary>
/// <param name="streamArn">As in <c>eventSourceARN</c>.</param>
/// <param name="region">As in <c>awsRegion</c>.</param>
internal sealed class LambdaEventWriter(string streamArn, string region)
{
    public ReadOnlyMemory<byte> Write(MicroBatch batch)
    {
        var output = new ArrayBufferWriter<byte>(batch.Records.Sum(record => (record.Data.Length * 4 / 3) + 512) + 64);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true }))
        {
            Write(json, batch);
        }

        return output.WrittenMemory;
    }

    public void Write(Utf8JsonWriter json, MicroBatch batch)
    {
        json.WriteStartObject();
        json.WriteStartArray("Records"u8);
        foreach (var record in batch.Records)
        {
            var sequence = record.Sequence.ToString();
            json.WriteStartObject();
            json.WriteStartObject("kinesis"u8);
            json.WriteString("kinesisSchemaVersion"u8, "1.0"u8);

            // The consumer does not look at it, and the lanes do not carry it.
            json.WriteString("partitionKey"u8, "-"u8);
            json.WriteString("sequenceNumber"u8, sequence);
            json.WriteBase64String("data"u8, record.Data.Span);
            json.WriteNumber("approximateArrivalTimestamp"u8, (decimal)record.ArrivalTimeUs / 1_000_000);
            json.WriteEndObject();
            json.WriteString("eventSource"u8, "aws:kinesis"u8);
            json.WriteString("eventVersion"u8, "1.0"u8);
            json.WriteString("eventID"u8, $"{batch.Shard}:{sequence}");
            json.WriteString("eventName"u8, "aws:kinesis:record"u8);
            json.WriteString("invokeIdentityArn"u8, ""u8);
            json.WriteString("awsRegion"u8, region);
            json.WriteString("eventSourceARN"u8, streamArn);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
