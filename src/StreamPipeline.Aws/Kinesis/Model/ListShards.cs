using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class ListShardsRequest : AmazonKinesisRequest
{
    public string? ExclusiveStartShardId { get; set; }

    /// <summary>1 to 10,000; null: 1,000.</summary>
    public int? MaxResults { get; set; }

    /// <summary>From the page before; then name, ARN, filter and creation time must be null.</summary>
    public string? NextToken { get; set; }

    public ShardFilter? ShardFilter { get; set; }

    /// <summary>Instead of <c>StreamName</c>.</summary>
    public string? StreamARN { get; set; }

    public DateTime? StreamCreationTimestamp { get; set; }

    public string? StreamName { get; set; }
}

public class ListShardsResponse : AmazonWebServiceResponse
{
    /// <summary>Null: this is the last page.</summary>
    public string? NextToken { get; set; }

    public List<Shard>? Shards { get; set; }
}

public class ShardFilter
{
    public string? ShardId { get; set; }

    public DateTime? Timestamp { get; set; }

    public ShardFilterType? Type { get; set; }
}
