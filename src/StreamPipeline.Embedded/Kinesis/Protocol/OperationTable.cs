using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace StreamPipeline.Embedded.Kinesis.Protocol;

/// <summary>The operations by their name in the header <c>X-Amz-Target</c>.</summary>
internal sealed class OperationTable
{
    private const string TargetPrefix = "Kinesis_20131202.";

    private readonly Dictionary<string, Func<ReadOnlyMemory<byte>, ValueTask<byte[]>>> _operations = new(StringComparer.Ordinal);

    public OperationTable(StreamStore store)
    {
        var streams = new StreamOperations(store);
        var shards = new ShardOperations(store, streams);
        var records = new RecordOperations(store, streams);
        var json = KinesisJson.Default;
        Add("CreateStream", json.CreateStreamRequest, json.NoAnswer, streams.Create);
        Add("DeleteStream", json.StreamRequest, json.NoAnswer, streams.Delete);
        Add("DescribeStream", json.DescribeStreamRequest, json.DescribeStreamAnswer, streams.Describe);
        Add("DescribeStreamSummary", json.StreamRequest, json.DescribeStreamSummaryAnswer, streams.Summarize);
        Add("ListStreams", json.ListStreamsRequest, json.ListStreamsAnswer, streams.List);
        Add("IncreaseStreamRetentionPeriod", json.RetentionRequest, json.NoAnswer, streams.IncreaseRetention);
        Add("DecreaseStreamRetentionPeriod", json.RetentionRequest, json.NoAnswer, streams.DecreaseRetention);
        Add("ListShards", json.ListShardsRequest, json.ListShardsAnswer, shards.List);
        Add("SplitShard", json.SplitShardRequest, json.NoAnswer, shards.Split);
        Add("MergeShards", json.MergeShardsRequest, json.NoAnswer, shards.Merge);
        Add("PutRecord", json.PutRecordRequest, json.PutRecordAnswer, records.Put);
        Add("PutRecords", json.PutRecordsRequest, json.PutRecordsAnswer, records.PutAll);
        Add("GetShardIterator", json.GetShardIteratorRequest, json.GetShardIteratorAnswer, records.GetIterator);
        Add("GetRecords", json.GetRecordsRequest, json.GetRecordsAnswer, records.Get);
    }

    /// <param name="target">Such as <c>Kinesis_20131202.PutRecords</c>; null when there was none.</param>
    /// <param name="body">JSON; valid until the answer comes.</param>
    /// <returns>The answer as JSON; empty when it has no body.</returns>
    /// <exception cref="KinesisFault">What the caller is told.</exception>
    public ValueTask<byte[]> Run(string? target, ReadOnlyMemory<byte> body)
    {
        if (target is null || !target.StartsWith(TargetPrefix, StringComparison.Ordinal))
        {
            throw new KinesisFault(
                "UnknownOperationException",
                target is null
                    ? $"the header X-Amz-Target is missing: this is a Kinesis endpoint, for an AWS SDK or the AWS CLI; a target is {TargetPrefix}PutRecords, for one"
                    : $"'{KinesisFault.Shown(target)}' is not an operation of Kinesis: a target is {TargetPrefix}PutRecords, for one");
        }

        return _operations.TryGetValue(target[TargetPrefix.Length..], out var operation)
            ? operation(body)
            : throw new KinesisFault(
                "UnknownOperationException",
                $"'{KinesisFault.Shown(target)}' is not offered by this endpoint; it has {string.Join(", ", _operations.Keys)}");
    }

    private void Add<TRequest, TAnswer>(string name, JsonTypeInfo<TRequest> request, JsonTypeInfo<TAnswer> answer, Func<TRequest, ValueTask<TAnswer>> operation)
        where TRequest : class =>
        _operations.Add(name, async body =>
        {
            var result = await operation(Parse(body, request));
            return result is NoAnswer ? [] : JsonSerializer.SerializeToUtf8Bytes(result, answer);
        });

    private static TRequest Parse<TRequest>(ReadOnlyMemory<byte> body, JsonTypeInfo<TRequest> type)
        where TRequest : class
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, type) ?? throw new KinesisFault("SerializationException", "the request is null, a JSON object is expected");
        }
        catch (JsonException error)
        {
            // Where, but not what: the reader's own message may quote the request.
            throw new KinesisFault(
                "SerializationException",
                $"the request is not JSON of {typeof(TRequest).Name}: at {KinesisFault.Shown(error.Path ?? "$")}, byte {error.BytePositionInLine ?? 0} of line {(error.LineNumber ?? 0) + 1}");
        }
    }
}
