using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class CreateStreamRequest : AmazonKinesisRequest
{
    /// <summary>Null for an on-demand stream.</summary>
    public int? ShardCount { get; set; }

    public StreamModeDetails? StreamModeDetails { get; set; }

    public string? StreamName { get; set; }
}

/// <summary>The stream is being created: it takes records once its status is ACTIVE.</summary>
public class CreateStreamResponse : AmazonWebServiceResponse;
