using StreamPipeline.Aws.Json;

namespace Amazon.KinesisFirehose;

/// <summary>Configuration of <see cref="AmazonKinesisFirehoseClient"/>. Endpoint variable: <c>AWS_ENDPOINT_URL_FIREHOSE</c>.</summary>
public class AmazonKinesisFirehoseConfig() : JsonServiceConfig("Firehose", "firehose")
{
    /// <inheritdoc/>
    public override string ServiceVersion => "2015-08-04";
}
