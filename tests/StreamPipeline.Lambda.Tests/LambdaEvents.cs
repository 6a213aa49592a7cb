using System.Globalization;
using System.Text;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Lambda.Tests;

/// <summary>Events as Lambda writes them.</summary>
internal static class LambdaEvents
{
    public static byte[] Of(params IEnumerable<MicroBatch> batches) => Encoding.UTF8.GetBytes(
        "{\"Records\":[" + string.Join(',', batches.SelectMany(batch => batch.Records.Select(record => RecordOf(batch.Shard, record)))) + "]}");

    /// <summary>Good events of <see cref="SmallPipeline"/>, one a second from <paramref name="first"/> on, which is also their first sequence number.</summary>
    public static MicroBatch Batch(string shard, int first, int count, string group = "k") => SmallPipeline.Batch(
        shard,
        SmallPipeline.StartUs + (first * SmallPipeline.SecondUs),
        Enumerable.Range(first, count).Select(i => new Event(i, $"{shard}-{i}", group, SmallPipeline.StartUs + (i * SmallPipeline.SecondUs))));

    private static string RecordOf(string shard, StreamRecord record)
    {
        var arrival = ((decimal)record.ArrivalTimeUs / 1_000_000).ToString("0.000", CultureInfo.InvariantCulture);
        return $$"""
            {"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"k","sequenceNumber":"{{record.Sequence}}","data":"{{Convert.ToBase64String(record.Data.Span)}}","approximateArrivalTimestamp":{{arrival}}},
            "eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"{{shard}}:{{record.Sequence}}","eventName":"aws:kinesis:record","awsRegion":"us-east-1"}
            """;
    }
}
