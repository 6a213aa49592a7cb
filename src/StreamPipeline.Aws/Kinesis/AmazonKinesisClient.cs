using Amazon.Kinesis.Model;
using Amazon.Runtime;
using StreamPipeline.Aws.Json;
using StreamPipeline.Aws.Kinesis;

namespace Amazon.Kinesis;

/// <inheritdoc cref="IAmazonKinesis"/>
public class AmazonKinesisClient : JsonServiceClient, IAmazonKinesis
{
    private static readonly JsonService Service = new("Amazon.Kinesis", "Kinesis_20131202.", "application/x-amz-json-1.1", KinesisErrors.Of);
    private static readonly KinesisJson Json = KinesisJson.Default;

    private static readonly JsonOperation<CreateStreamRequest, CreateStreamResponse> CreateStream = new(Service, nameof(CreateStream), Json.CreateStreamRequest, null);
    private static readonly JsonOperation<DeleteStreamRequest, DeleteStreamResponse> DeleteStream = new(Service, nameof(DeleteStream), Json.DeleteStreamRequest, null);
    private static readonly JsonOperation<DescribeStreamSummaryRequest, DescribeStreamSummaryResponse> DescribeStreamSummary =
        new(Service, nameof(DescribeStreamSummary), Json.DescribeStreamSummaryRequest, Json.DescribeStreamSummaryResponse);

    private static readonly JsonOperation<GetRecordsRequest, GetRecordsResponse> GetRecords = new(Service, nameof(GetRecords), Json.GetRecordsRequest, Json.GetRecordsResponse);
    private static readonly JsonOperation<GetShardIteratorRequest, GetShardIteratorResponse> GetShardIterator =
        new(Service, nameof(GetShardIterator), Json.GetShardIteratorRequest, Json.GetShardIteratorResponse);

    private static readonly JsonOperation<ListShardsRequest, ListShardsResponse> ListShards = new(Service, nameof(ListShards), Json.ListShardsRequest, Json.ListShardsResponse);
    private static readonly JsonOperation<MergeShardsRequest, MergeShardsResponse> MergeShards = new(Service, nameof(MergeShards), Json.MergeShardsRequest, null);
    private static readonly JsonOperation<PutRecordRequest, PutRecordResponse> PutRecord = new(Service, nameof(PutRecord), Json.PutRecordRequest, Json.PutRecordResponse);
    private static readonly JsonOperation<PutRecordsRequest, PutRecordsResponse> PutRecords = new(Service, nameof(PutRecords), Json.PutRecordsRequest, Json.PutRecordsResponse);
    private static readonly JsonOperation<SplitShardRequest, SplitShardResponse> SplitShard = new(Service, nameof(SplitShard), Json.SplitShardRequest, null);

    /// <summary>Credentials, region and endpoint from the environment, a profile or the machine's role, in the SDK's order.</summary>
    public AmazonKinesisClient()
        : this(new AmazonKinesisConfig())
    {
    }

    public AmazonKinesisClient(AmazonKinesisConfig config)
        : base(null, config)
    {
    }

    public AmazonKinesisClient(AWSCredentials credentials, AmazonKinesisConfig config)
        : base(credentials, config)
    {
    }

    /// <inheritdoc/>
    public virtual Task<CreateStreamResponse> CreateStreamAsync(CreateStreamRequest request, CancellationToken cancellationToken = default) =>
        Call(CreateStream, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<DeleteStreamResponse> DeleteStreamAsync(DeleteStreamRequest request, CancellationToken cancellationToken = default) =>
        Call(DeleteStream, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<DescribeStreamSummaryResponse> DescribeStreamSummaryAsync(
        DescribeStreamSummaryRequest request, CancellationToken cancellationToken = default) => Call(DescribeStreamSummary, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<GetRecordsResponse> GetRecordsAsync(GetRecordsRequest request, CancellationToken cancellationToken = default) =>
        Call(GetRecords, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<GetShardIteratorResponse> GetShardIteratorAsync(GetShardIteratorRequest request, CancellationToken cancellationToken = default) =>
        Call(GetShardIterator, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<ListShardsResponse> ListShardsAsync(ListShardsRequest request, CancellationToken cancellationToken = default) =>
        Call(ListShards, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<MergeShardsResponse> MergeShardsAsync(MergeShardsRequest request, CancellationToken cancellationToken = default) =>
        Call(MergeShards, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<PutRecordResponse> PutRecordAsync(PutRecordRequest request, CancellationToken cancellationToken = default) =>
        Call(PutRecord, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<PutRecordsResponse> PutRecordsAsync(PutRecordsRequest request, CancellationToken cancellationToken = default) =>
        Call(PutRecords, request, cancellationToken);

    /// <inheritdoc/>
    public virtual Task<SplitShardResponse> SplitShardAsync(SplitShardRequest request, CancellationToken cancellationToken = default) =>
        Call(SplitShard, request, cancellationToken);
}
