using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;

namespace StreamPipeline.Aws.Tests.Kinesis;

/// <summary>A stream in memory that turns records away by dice, one by one as the real one does, and keeps what it takes in the order in which it took it.</summary>
/// <param name="seed">Tells the dice.</param>
/// <param name="failRate">Share of records turned away.</param>
/// <param name="lostRate">Share of calls that give no answer, half of them after they were applied.</param>
internal sealed class UnreliableKinesis(int seed, double failRate, double lostRate = 0) : IAmazonKinesis
{
    private readonly Random _dice = new(seed);

    public List<(string Key, int Value)> Taken { get; } = [];

    public List<PutRecordsRequest> Calls { get; } = [];

    public IClientConfig Config => throw new NotSupportedException();

    public Task<PutRecordsResponse> PutRecordsAsync(PutRecordsRequest request, CancellationToken cancellationToken = default)
    {
        Calls.Add(request);
        var isLost = _dice.NextDouble() < lostRate;
        if (isLost && _dice.Next(2) == 0)
        {
            throw new HttpRequestException("no answer");
        }

        var results = request.Records!.Select(Take).ToList();
        return isLost
            ? throw new HttpRequestException("no answer")
            : Task.FromResult(new PutRecordsResponse { Records = results, FailedRecordCount = results.Count(result => result.ErrorCode is not null) });
    }

    public Task<CreateStreamResponse> CreateStreamAsync(CreateStreamRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<DeleteStreamResponse> DeleteStreamAsync(DeleteStreamRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<DescribeStreamSummaryResponse> DescribeStreamSummaryAsync(DescribeStreamSummaryRequest request, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<GetRecordsResponse> GetRecordsAsync(GetRecordsRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<GetShardIteratorResponse> GetShardIteratorAsync(GetShardIteratorRequest request, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<ListShardsResponse> ListShardsAsync(ListShardsRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<MergeShardsResponse> MergeShardsAsync(MergeShardsRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<PutRecordResponse> PutRecordAsync(PutRecordRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<SplitShardResponse> SplitShardAsync(SplitShardRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private PutRecordsResultEntry Take(PutRecordsRequestEntry record)
    {
        if (_dice.NextDouble() < failRate)
        {
            return new PutRecordsResultEntry { ErrorCode = "ProvisionedThroughputExceededException", ErrorMessage = "Rate exceeded for shard shardId-000000000000." };
        }

        Taken.Add((record.PartitionKey!, BitConverter.ToInt32(record.Data!.ToArray())));
        return new PutRecordsResultEntry { SequenceNumber = $"{Taken.Count}", ShardId = "shardId-000000000000" };
    }
}
