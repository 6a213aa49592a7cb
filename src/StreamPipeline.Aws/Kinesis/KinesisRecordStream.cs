using System.Globalization;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Streams;

namespace StreamPipeline.Aws.Kinesis;

/// <summary>A stream behind the Kinesis API.</summary>
/// <param name="client">Owned by the caller.</param>
/// <param name="stream">Stream name.</param>
public sealed class KinesisRecordStream(IAmazonKinesis client, string stream) : IRecordStream
{
    /// <summary>The stream's ARN.</summary>
    /// <exception cref="StreamMissingException">There is no such stream.</exception>
    public async ValueTask<string> Arn(CancellationToken cancellation)
    {
        var answer = await Call(token => client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = stream }, token), cancellation);
        return answer.StreamDescriptionSummary?.StreamARN ?? "";
    }

    public async ValueTask<IReadOnlyList<StreamShard>> Shards(CancellationToken cancellation)
    {
        var shards = new List<StreamShard>();
        string? next = null;
        do
        {
            var request = next is null ? new ListShardsRequest { StreamName = stream } : new ListShardsRequest { NextToken = next };
            var page = await Call(token => client.ListShardsAsync(request, token), cancellation);
            shards.AddRange((page.Shards ?? []).Select(Shard));
            next = page.NextToken;
        }
        while (!string.IsNullOrEmpty(next));

        return shards;
    }

    public async ValueTask<string> Open(string shard, StreamPosition position, CancellationToken cancellation)
    {
        var request = new GetShardIteratorRequest
        {
            StreamName = stream,
            ShardId = shard,
            ShardIteratorType = position.After is not null ? ShardIteratorType.AFTER_SEQUENCE_NUMBER
                : position.FromUs is not null ? ShardIteratorType.AT_TIMESTAMP
                : position.Latest ? ShardIteratorType.LATEST
                : ShardIteratorType.TRIM_HORIZON,
            StartingSequenceNumber = position.After?.ToString(),
            Timestamp = position is { After: null, FromUs: { } fromUs } ? DateTime.UnixEpoch.AddMilliseconds(fromUs / 1000) : null,
        };
        var answer = await Call(token => client.GetShardIteratorAsync(request, token), cancellation);
        return answer.ShardIterator ?? throw new IOException($"stream {stream}: no iterator came for shard {shard}");
    }

    public async ValueTask<RecordPage> Read(string iterator, int recordsMax, CancellationToken cancellation)
    {
        var answer = await Call(token => client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator, Limit = recordsMax }, token), cancellation);
        var records = new List<StreamRecord>(answer.Records?.Count ?? 0);
        foreach (var record in answer.Records ?? [])
        {
            records.Add(Record(record));
        }

        return new RecordPage(records, answer.NextShardIterator, TimeSpan.FromMilliseconds(answer.MillisBehindLatest ?? 0));
    }

    private static StreamShard Shard(Shard shard)
    {
        string?[] parents = [shard.ParentShardId, shard.AdjacentParentShardId];
        return new StreamShard(shard.ShardId ?? "", [.. parents.OfType<string>()]);
    }

    private static StreamRecord Record(Record record)
    {
        var data = record.Data is null ? default(ReadOnlyMemory<byte>)
            : record.Data.TryGetBuffer(out var buffer) ? buffer.AsMemory()
            : record.Data.ToArray();
        var arrival = record.ApproximateArrivalTimestamp is { } time ? (time.ToUniversalTime() - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : 0;
        return new StreamRecord(SequenceNumber.Parse(record.SequenceNumber ?? ""), data, arrival);
    }

    /// <summary>What the SDK could not mend by its retries is an I/O error; what asking again cannot mend is not.</summary>
    private async ValueTask<T> Call<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call(cancellation);
        }
        catch (ExpiredIteratorException error)
        {
            throw new IteratorExpiredException(error.Message, error);
        }
        catch (ResourceNotFoundException error)
        {
            throw new StreamMissingException($"stream {stream} at {client.Config.ServiceURL ?? client.Config.RegionEndpoint?.SystemName}: {error.Message}", error);
        }
        catch (Exception error) when (IsTransient(error, cancellation))
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"stream {stream} cannot be read: {error.Message}"), error);
        }
    }

    private static bool IsTransient(Exception error, CancellationToken cancellation) => error switch
    {
        ProvisionedThroughputExceededException or LimitExceededException or KMSThrottlingException or InternalFailureException => true,
        AmazonServiceException service => (int)service.StatusCode is 0 or 429 or >= 500,
        HttpRequestException or IOException => true,
        OperationCanceledException => !cancellation.IsCancellationRequested,
        _ => false,
    };
}
