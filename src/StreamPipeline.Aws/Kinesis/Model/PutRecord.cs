using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class PutRecordRequest : AmazonKinesisRequest
{
    public MemoryStream? Data { get; set; }

    public string? ExplicitHashKey { get; set; }

    public string? PartitionKey { get; set; }

    /// <summary>The new record gets a greater one in the same shard.</summary>
    public string? SequenceNumberForOrdering { get; set; }

    /// <summary>Instead of <c>StreamName</c>.</summary>
    public string? StreamARN { get; set; }

    public string? StreamName { get; set; }
}

public class PutRecordResponse : AmazonWebServiceResponse
{
    public EncryptionType? EncryptionType { get; set; }

    public string? SequenceNumber { get; set; }

    public string? ShardId { get; set; }
}
