using Amazon.KinesisFirehose.Model;
using Amazon.Runtime;

namespace Amazon.KinesisFirehose;

/// <summary>
/// Amazon Data Firehose: the operations that StreamPipeline uses, with the names and members that the package AWSSDK.KinesisFirehose gives them,
/// so that it can take this one's place.
/// </summary>
public interface IAmazonKinesisFirehose : IDisposable
{
    /// <summary>The client's configuration.</summary>
    IClientConfig Config { get; }

    Task<PutRecordResponse> PutRecordAsync(PutRecordRequest request, CancellationToken cancellationToken = default);

    /// <summary>At most 500 records and 4 MiB. Some may fail while others are taken: see <see cref="PutRecordBatchResponse.FailedPutCount"/>.</summary>
    Task<PutRecordBatchResponse> PutRecordBatchAsync(PutRecordBatchRequest request, CancellationToken cancellationToken = default);
}
