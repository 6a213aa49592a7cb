using System.Security.Cryptography;
using Amazon.Kinesis.Model;
using StreamPipeline.Aws;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Aws.Firehose;
using StreamPipeline.Aws.Retrying;
using StreamPipeline.Aws.S3;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Lambda.Configuration;
using StreamPipeline.Lambda.Telemetry;

namespace StreamPipeline.Lambda;

/// <summary>The ports on AWS. Credentials and region are those that Lambda gives the function; the clients live as long as the process.</summary>
internal static class AwsDeployment
{
    private static readonly AwsClientSettings Clients = new();

    public static Deployment Open(FunctionSettings settings, Pipeline pipeline, JsonLog log, Stream output, TimeProvider time)
    {
        var attempts = new RandomAttemptIds();
        var backoff = new Backoff(new RetrySettings(), time, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));
        var state = new DynamoDbStateStore(AwsClients.DynamoDb(Clients), settings.Table, attempts.Next(), backoff);
        var objects = new S3ObjectStore(AwsClients.S3(Clients), settings.Lake, attempts.Next(), backoff);
        return new Deployment
        {
            Pipeline = pipeline,
            State = state,
            Objects = objects,
            Bronze = Bronze(settings, objects, backoff),
            Attempts = attempts,
            Time = time,
            Log = log,
            Output = output,
            ListShards = cancellation => ListShards(pipeline.Settings.Stream, cancellation),
            WriteUnits = () => state.WriteUnits,
            NewSeed = () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
        };
    }

    private static IBronze Bronze(FunctionSettings settings, IObjectStore objects, Backoff backoff)
    {
        var lake = new ObjectBronze(objects);
        if (settings.DeliveryStream is not { } deliveryStream)
        {
            return lake;
        }

        return new FirehoseBronze(new FirehosePutter(AwsClients.Firehose(Clients), deliveryStream, backoff), deliveryStream, lake);
    }

    /// <summary>Asked once for each new shard, so the client is made for the call.</summary>
    private static async Task<IReadOnlyList<ShardEntry>> ListShards(string stream, CancellationToken cancellation)
    {
        using var kinesis = AwsClients.Kinesis(Clients);
        var shards = new List<ShardEntry>();
        var request = new ListShardsRequest { StreamName = stream };
        while (true)
        {
            var page = await kinesis.ListShardsAsync(request, cancellation);
            foreach (var shard in page.Shards ?? [])
            {
                shards.Add(new ShardEntry(shard.ShardId!, [.. new[] { shard.ParentShardId, shard.AdjacentParentShardId }.OfType<string>()]));
            }

            if (page.NextToken is not { Length: > 0 } next)
            {
                return shards;
            }

            // The token stands for the stream: both together are refused.
            request = new ListShardsRequest { NextToken = next };
        }
    }
}
