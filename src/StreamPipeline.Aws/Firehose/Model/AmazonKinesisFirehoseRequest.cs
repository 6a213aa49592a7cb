using Amazon.Runtime;

namespace Amazon.KinesisFirehose.Model;

/// <summary>Base of the requests to Firehose.</summary>
public class AmazonKinesisFirehoseRequest : AmazonWebServiceRequest;
