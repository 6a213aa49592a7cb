namespace StreamPipeline.Embedded.Kinesis;

/// <summary>
/// The quotas of Kinesis Data Streams that this endpoint keeps. Source: docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
/// and the API reference of each operation.
/// </summary>
internal static class KinesisLimits
{
    /// <summary>Data and partition key of one record, bytes. The opt-in to 10 MiB is not offered.</summary>
    public const int RecordBytesMax = 1 << 20;

    public const int PutRecordsMax = 500;

    public const int PutBytesMax = 10 << 20;

    public const int PartitionKeyCharsMax = 256;

    public const int GetRecordsMax = 10_000;

    public const int GetBytesMax = 10 << 20;

    /// <summary>Write throughput of a shard, records per second.</summary>
    public const int ShardWriteRecords = 1_000;

    /// <summary>Write throughput of a shard, bytes per second, keys included.</summary>
    public const int ShardWriteBytes = 1 << 20;

    /// <summary>Read throughput of a shard, bytes per second.</summary>
    public const int ShardReadBytes = 2 << 20;

    public const int ShardReadCalls = 5;

    /// <summary>Open shards of one stream: above the default quota of an account.</summary>
    public const int ShardsMax = 1_000;

    public const int StreamsMax = 1_000;

    public const int StreamNameCharsMax = 128;

    public const int RetentionHoursMin = 24;

    public const int RetentionHoursMax = 8_760;

    public static readonly TimeSpan IteratorLife = TimeSpan.FromMinutes(5);
}
