using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class GetRecordsRequest : AmazonKinesisRequest
{
    /// <summary>1 to 10,000; null: 10,000.</summary>
    public int? Limit { get; set; }

    public string? ShardIterator { get; set; }

    public string? StreamARN { get; set; }
}

public class GetRecordsResponse : AmazonWebServiceResponse
{
    /// <summary>When the shard's end is reached.</summary>
    public List<ChildShard>? ChildShards { get; set; }

    /// <summary>How far the answer is from the tip of the stream.</summary>
    public long? MillisBehindLatest { get; set; }

    /// <summary>Null: the shard is closed and all of it has been read.</summary>
    public string? NextShardIterator { get; set; }

    public List<Record>? Records { get; set; }
}

public class Record
{
    /// <summary>UTC.</summary>
    public DateTime? ApproximateArrivalTimestamp { get; set; }

    /// <summary><see cref="MemoryStream.TryGetBuffer"/> gives its bytes without a copy.</summary>
    public MemoryStream? Data { get; set; }

    public EncryptionType? EncryptionType { get; set; }

    public string? PartitionKey { get; set; }

    public string? SequenceNumber { get; set; }
}

public class ChildShard
{
    public HashKeyRange? HashKeyRange { get; set; }

    public List<string>? ParentShards { get; set; }

    public string? ShardId { get; set; }
}
