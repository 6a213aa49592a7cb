using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

/// <summary>Base of the requests to Kinesis.</summary>
public class AmazonKinesisRequest : AmazonWebServiceRequest;
