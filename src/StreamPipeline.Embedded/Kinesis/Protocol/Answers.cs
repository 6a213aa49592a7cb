namespace StreamPipeline.Embedded.Kinesis.Protocol;

// What is answered, member by member as in the Kinesis API reference (2013-12-02). Timestamps are seconds since 1970. Null members are left out.

/// <summary>Of operations whose answer has no body.</summary>
internal sealed record NoAnswer;

internal sealed record FaultAnswer(
    [property: System.Text.Json.Serialization.JsonPropertyName("__type")] string Type,
    [property: System.Text.Json.Serialization.JsonPropertyName("message")] string Message);

internal sealed record DescribeStreamAnswer(StreamDescription StreamDescription);

internal sealed record StreamDescription(
    string StreamName,
    string StreamARN,
    string StreamStatus,
    StreamModeDetails StreamModeDetails,
    ShardDescription[] Shards,
    bool HasMoreShards,
    int RetentionPeriodHours,
    double StreamCreationTimestamp,
    EnhancedMonitoring[] EnhancedMonitoring,
    string EncryptionType);

internal sealed record DescribeStreamSummaryAnswer(StreamSummary StreamDescriptionSummary);

internal sealed record StreamSummary(
    string StreamName,
    string StreamARN,
    string StreamStatus,
    StreamModeDetails StreamModeDetails,
    int RetentionPeriodHours,
    double StreamCreationTimestamp,
    EnhancedMonitoring[] EnhancedMonitoring,
    string EncryptionType,
    int OpenShardCount,
    int ConsumerCount);

internal sealed record EnhancedMonitoring(string[] ShardLevelMetrics);

internal sealed record ListStreamsAnswer(string[] StreamNames, bool HasMoreStreams, string? NextToken, StreamEntry[] StreamSummaries);

internal sealed record StreamEntry(string StreamName, string StreamARN, string StreamStatus, StreamModeDetails StreamModeDetails, double StreamCreationTimestamp);

internal sealed record ListShardsAnswer(ShardDescription[] Shards, string? NextToken);

internal sealed record ShardDescription(
    string ShardId, string? ParentShardId, string? AdjacentParentShardId, HashKeys HashKeyRange, SequenceNumbers SequenceNumberRange);

internal sealed record HashKeys(string StartingHashKey, string EndingHashKey);

internal sealed record SequenceNumbers(string StartingSequenceNumber, string? EndingSequenceNumber);

internal sealed record PutRecordAnswer(string ShardId, string SequenceNumber, string EncryptionType);

internal sealed record PutRecordsAnswer(int FailedRecordCount, PutRecordsAnswerEntry[] Records, string EncryptionType);

internal sealed record PutRecordsAnswerEntry(string? SequenceNumber, string? ShardId, string? ErrorCode, string? ErrorMessage);

internal sealed record GetShardIteratorAnswer(string ShardIterator);

internal sealed record GetRecordsAnswer(RecordAnswer[] Records, string? NextShardIterator, long MillisBehindLatest, ChildShard[]? ChildShards);

internal sealed record RecordAnswer(string SequenceNumber, double ApproximateArrivalTimestamp, byte[] Data, string PartitionKey, string EncryptionType);

internal sealed record ChildShard(string ShardId, string[] ParentShards, HashKeys HashKeyRange);
