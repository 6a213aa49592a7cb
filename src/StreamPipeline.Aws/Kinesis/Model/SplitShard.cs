using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class SplitShardRequest : AmazonKinesisRequest
{
    /// <summary>Where the second child starts, in decimal.</summary>
    public string? NewStartingHashKey { get; set; }

    public string? ShardToSplit { get; set; }

    /// <summary>Instead of <c>StreamName</c>.</summary>
    public string? StreamARN { get; set; }

    public string? StreamName { get; set; }
}

public class SplitShardResponse : AmazonWebServiceResponse;
