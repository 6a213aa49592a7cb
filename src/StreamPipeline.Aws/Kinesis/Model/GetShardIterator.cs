using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class GetShardIteratorRequest : AmazonKinesisRequest
{
    public string? ShardId { get; set; }

    public ShardIteratorType? ShardIteratorType { get; set; }

    /// <summary>With AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER.</summary>
    public string? StartingSequenceNumber { get; set; }

    /// <summary>Instead of <c>StreamName</c>.</summary>
    public string? StreamARN { get; set; }

    public string? StreamName { get; set; }

    /// <summary>With <see cref="Amazon.Kinesis.ShardIteratorType.AT_TIMESTAMP"/>.</summary>
    public DateTime? Timestamp { get; set; }
}

public class GetShardIteratorResponse : AmazonWebServiceResponse
{
    /// <summary>Expires after five minutes.</summary>
    public string? ShardIterator { get; set; }
}
