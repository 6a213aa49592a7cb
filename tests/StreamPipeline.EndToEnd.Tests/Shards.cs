using System.Globalization;
using System.Numerics;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace StreamPipeline.EndToEnd.Tests;

/// <summary>A stream that is split and merged, as an operator does it.</summary>
internal sealed class Shards(IAmazonKinesis kinesis, string stream)
{
    public async Task Create(int count)
    {
        await kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = count }, TestContext.Current.CancellationToken);
        await Active();
    }

    /// <summary>Splits the first open shard in the middle of its hash range.</summary>
    public async Task Split()
    {
        var shard = (await Open())[0];
        var (from, to) = (Key(shard.HashKeyRange!.StartingHashKey!), Key(shard.HashKeyRange.EndingHashKey!));
        await kinesis.SplitShardAsync(
            new SplitShardRequest { StreamName = stream, ShardToSplit = shard.ShardId, NewStartingHashKey = ((from + to) / 2).ToString(CultureInfo.InvariantCulture) },
            TestContext.Current.CancellationToken);
        await Active();
    }

    /// <summary>Merges the last two open shards, which are neighbours.</summary>
    public async Task Merge()
    {
        var open = await Open();
        await kinesis.MergeShardsAsync(
            new MergeShardsRequest { StreamName = stream, ShardToMerge = open[^2].ShardId, AdjacentShardToMerge = open[^1].ShardId },
            TestContext.Current.CancellationToken);
        await Active();
    }

    public async Task<int> Count() => (await All()).Count;

    /// <summary>In the order of their hash ranges.</summary>
    private async Task<List<Shard>> Open() =>
        [.. (await All()).Where(shard => shard.SequenceNumberRange?.EndingSequenceNumber is null).OrderBy(shard => Key(shard.HashKeyRange!.StartingHashKey!))];

    private async Task<List<Shard>> All() =>
        (await kinesis.ListShardsAsync(new ListShardsRequest { StreamName = stream }, TestContext.Current.CancellationToken)).Shards ?? [];

    private async Task Active()
    {
        while (true)
        {
            var answer = await kinesis.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = stream }, TestContext.Current.CancellationToken);
            if (answer.StreamDescriptionSummary?.StreamStatus == StreamStatus.ACTIVE)
            {
                return;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private static BigInteger Key(string key) => BigInteger.Parse(key, CultureInfo.InvariantCulture);
}
