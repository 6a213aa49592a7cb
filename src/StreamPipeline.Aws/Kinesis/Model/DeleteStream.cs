using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public class DeleteStreamRequest : AmazonKinesisRequest
{
    public bool? EnforceConsumerDeletion { get; set; }

    /// <summary>Instead of <c>StreamName</c>.</summary>
    public string? StreamARN { get; set; }

    public string? StreamName { get; set; }
}

public class DeleteStreamResponse : AmazonWebServiceResponse;
