using StreamPipeline.Aws.Json;

namespace Amazon.Kinesis;

/// <summary>Configuration of <see cref="AmazonKinesisClient"/>. Endpoint variable: <c>AWS_ENDPOINT_URL_KINESIS</c>.</summary>
public class AmazonKinesisConfig() : JsonServiceConfig("Kinesis", "kinesis")
{
    /// <inheritdoc/>
    public override string ServiceVersion => "2013-12-02";
}
