using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class MergeShardsRequest : AmazonKinesisRequest
{
    public string? AdjacentShardToMerge { get; set; }

    public string? ShardToMerge { get; set; }

    /// <summary>Instead of <c>StreamName</c>.</summary>
    public string? StreamARN { get; set; }

    public string? StreamName { get; set; }
}

public class MergeShardsResponse : AmazonWebServiceResponse;
