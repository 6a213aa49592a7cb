using Amazon.KinesisFirehose.Model;
using Amazon.Runtime;
using StreamPipeline.Aws.Firehose;
using StreamPipeline.Aws.Json;

namespace Amazon.KinesisFirehose;

/// <inheritdoc cref="IAmazonKinesisFirehose"/>
public class AmazonKinesisFirehoseClient : JsonServiceClient, IAmazonKinesisFirehose
{
    private static readonly JsonService Service = new("Amazon.KinesisFirehose", "Firehose_20150804.", "application/x-amz-json-1.1", FirehoseErrors.Of);
    private static readonly FirehoseJson Json = FirehoseJson.Default;

    private static readonly JsonOperation<PutRecordRequest, PutRecordResponse> PutRecord = new(Service, nameof(PutRecord), Json.PutRecordRequest, Json.PutRecordResponse);
    private static readonly JsonOperation<PutRecordBatchRequest, PutRecordBatchResponse> PutRecordBatch =
        new(Service, nameof(PutRecordBatch), Json.PutRecordBatchRequest, Json.PutRecordBatchResponse);

    /// <summary>Credentials, region and endpoint from the environment, a profile or the machine's role, in the SDK's order.</summary>
    public AmazonKinesisFirehoseClient()
        : this(new AmazonKinesisFirehoseConfig())
    {
    }

    public AmazonKinesisFirehoseClient(AmazonKinesisFirehoseConfig config)
        : base(null, config)
    {
    }

    public AmazonKinesisFirehoseClient(AWSCredentials credentials, AmazonKinesisFirehoseConfig config)
        : base(credentials, config)
    {
    }

    /// <inheritdoc/>
    public virtual Task<PutRecordResponse> PutRecordAsync(PutRecordRequest request, CancellationToken cancellationToken = default) =>
        Call(PutRecord, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<PutRecordBatchResponse> PutRecordBatchAsync(PutRecordBatchRequest request, CancellationToken cancellationToken = default) =>
        Call(PutRecordBatch, request, cancellationToken);
}
