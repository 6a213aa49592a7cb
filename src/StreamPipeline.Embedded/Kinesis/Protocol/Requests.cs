namespace StreamPipeline.Embedded.Kinesis.Protocol;

// What callers send, member by member as in the Kinesis API reference (2013-12-02). Members that are not read here are ignored, as unknown
// ones are. Nothing is trusted: every member may be missing.

internal interface IStreamRequest
{
    string? StreamName { get; }

    string? StreamARN { get; }
}

internal sealed record CreateStreamRequest(string? StreamName, int? ShardCount, StreamModeDetails? StreamModeDetails);

internal sealed record StreamModeDetails(string? StreamMode);

/// <summary>DeleteStream, DescribeStreamSummary.</summary>
internal sealed record StreamRequest(string? StreamName, string? StreamARN) : IStreamRequest;

internal sealed record DescribeStreamRequest(string? StreamName, string? StreamARN, int? Limit, string? ExclusiveStartShardId) : IStreamRequest;

internal sealed record ListStreamsRequest(int? Limit, string? ExclusiveStartStreamName, string? NextToken);

internal sealed record RetentionRequest(string? StreamName, string? StreamARN, int? RetentionPeriodHours) : IStreamRequest;

internal sealed record ListShardsRequest(
    string? StreamName, string? StreamARN, string? NextToken, string? ExclusiveStartShardId, int? MaxResults, double? StreamCreationTimestamp, ShardFilter? ShardFilter) : IStreamRequest;

/// <param name="Type">AFTER_SHARD_ID, AT_TRIM_HORIZON, FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP or FROM_TIMESTAMP.</param>
/// <param name="ShardId">With AFTER_SHARD_ID.</param>
/// <param name="Timestamp">Seconds since 1970, with the last two.</param>
internal sealed record ShardFilter(string? Type, string? ShardId, double? Timestamp);

internal sealed record SplitShardRequest(string? StreamName, string? StreamARN, string? ShardToSplit, string? NewStartingHashKey) : IStreamRequest;

internal sealed record MergeShardsRequest(string? StreamName, string? StreamARN, string? ShardToMerge, string? AdjacentShardToMerge) : IStreamRequest;

internal sealed record PutRecordRequest(string? StreamName, string? StreamARN, byte[]? Data, string? PartitionKey, string? ExplicitHashKey) : IStreamRequest;

internal sealed record PutRecordsRequest(string? StreamName, string? StreamARN, PutRecordsEntry?[]? Records) : IStreamRequest;

internal sealed record PutRecordsEntry(byte[]? Data, string? PartitionKey, string? ExplicitHashKey);

internal sealed record GetShardIteratorRequest(
    string? StreamName, string? StreamARN, string? ShardId, string? ShardIteratorType, string? StartingSequenceNumber, double? Timestamp) : IStreamRequest;

internal sealed record GetRecordsRequest(string? ShardIterator, int? Limit, string? StreamARN);
