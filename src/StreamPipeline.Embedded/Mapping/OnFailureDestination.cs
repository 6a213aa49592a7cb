using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>
/// Keeps discarded batches as Lambda does with an S3 on-failure destination, payload included, so that <c>redrive</c> takes them back.
/// Source: AWS Lambda Developer Guide, "Retain discarded batch records for a Kinesis event source in Lambda".
/// </summary>
/// <param name="objects">The destination.</param>
/// <param name="writer">Writes the payload.</param>
/// <param name="streamArn">For the batch info.</param>
/// <param name="function">For the request context.</param>
/// <param name="attempts">Names objects.</param>
/// <param name="time">Dates them.</param>
internal sealed class OnFailureDestination(
    IObjectStore objects, LambdaEventWriter writer, string streamArn, string function, IAttemptIds attempts, TimeProvider time)
{
    private static readonly JsonWriterOptions _options = new() { Indented = true };

    public async ValueTask Discard(DiscardedBatch discarded, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var id = attempts.Next();
        var key = string.Create(
            CultureInfo.InvariantCulture,
            $"aws/lambda/{function}/{discarded.Batch.Shard}/{now:yyyy}/{now:MM}/{now:dd}/{now:yyyy-MM-ddTHH.mm.ss}-{id}");
        await objects.Put(key, Encode(discarded, id, now), cancellation);
    }

    private byte[] Encode(DiscardedBatch discarded, string id, DateTime now)
    {
        var records = discarded.Batch.Records;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, _options))
        {
            json.WriteStartObject();
            json.WriteStartObject("requestContext"u8);
            json.WriteString("requestId"u8, id);
            json.WriteString("functionArn"u8, function);
            json.WriteString("condition"u8, discarded.Condition);
            json.WriteNumber("approximateInvokeCount"u8, discarded.Attempts);
            json.WriteEndObject();
            json.WriteStartObject("responseContext"u8);
            json.WriteNumber("statusCode"u8, 200);
            json.WriteString("executedVersion"u8, "$LATEST"u8);
            json.WriteString("functionError"u8, discarded.Error);
            json.WriteEndObject();
            json.WriteString("version"u8, "1.0"u8);
            json.WriteString("timestamp"u8, now);
            json.WriteStartObject("KinesisBatchInfo"u8);
            json.WriteString("shardId"u8, discarded.Batch.Shard);
            json.WriteString("startSequenceNumber"u8, records[0].Sequence.ToString());
            json.WriteString("endSequenceNumber"u8, records[^1].Sequence.ToString());
            json.WriteString("approximateArrivalOfFirstRecord"u8, Time(records[0]));
            json.WriteString("approximateArrivalOfLastRecord"u8, Time(records[^1]));
            json.WriteNumber("batchSize"u8, records.Count);
            json.WriteString("streamArn"u8, streamArn);
            json.WriteEndObject();
            json.WriteString("payload"u8, Encoding.UTF8.GetString(writer.Write(discarded.Batch).Span));
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static DateTime Time(StreamRecord record) => DateTime.UnixEpoch.AddTicks(record.ArrivalTimeUs * 10);
}
