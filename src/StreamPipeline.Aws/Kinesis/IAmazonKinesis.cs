using Amazon.Kinesis.Model;
using Amazon.Runtime;

namespace Amazon.Kinesis;

/// <summary>
/// Kinesis Data Streams: the operations that StreamPipeline uses, with the names and members that the package AWSSDK.Kinesis gives them, so that
/// it can take this one's place.
/// </summary>
public interface IAmazonKinesis : IDisposable
{
    /// <summary>The client's configuration.</summary>
    IClientConfig Config { get; }

    Task<CreateStreamResponse> CreateStreamAsync(CreateStreamRequest request, CancellationToken cancellationToken = default);

    Task<DeleteStreamResponse> DeleteStreamAsync(DeleteStreamRequest request, CancellationToken cancellationToken = default);

    Task<DescribeStreamSummaryResponse> DescribeStreamSummaryAsync(DescribeStreamSummaryRequest request, CancellationToken cancellationToken = default);

    Task<GetRecordsResponse> GetRecordsAsync(GetRecordsRequest request, CancellationToken cancellationToken = default);

    Task<GetShardIteratorResponse> GetShardIteratorAsync(GetShardIteratorRequest request, CancellationToken cancellationToken = default);

    Task<ListShardsResponse> ListShardsAsync(ListShardsRequest request, CancellationToken cancellationToken = default);

    Task<MergeShardsResponse> MergeShardsAsync(MergeShardsRequest request, CancellationToken cancellationToken = default);

    Task<PutRecordResponse> PutRecordAsync(PutRecordRequest request, CancellationToken cancellationToken = default);

    /// <summary>At most 500 records and 10 MiB. Some may fail while others are taken: see <see cref="PutRecordsResponse.FailedRecordCount"/>.</summary>
    Task<PutRecordsResponse> PutRecordsAsync(PutRecordsRequest request, CancellationToken cancellationToken = default);

    Task<SplitShardResponse> SplitShardAsync(SplitShardRequest request, CancellationToken cancellationToken = default);
}
