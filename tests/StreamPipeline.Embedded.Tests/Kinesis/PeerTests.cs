using System.Globalization;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

/// <summary>The same calls to our endpoint and to an emulator that others wrote.</summary>
public sealed class PeerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Our_endpoint_answers_as_kinesis_local_does()
    {
        await using var peer = await KinesisLocal.Start();
        await using var ours = await LocalKinesis.Start(isThrottled: false);
        using var peerClient = new AmazonKinesisClient(
            new BasicAWSCredentials("local", "local"), new AmazonKinesisConfig { ServiceURL = peer.Uri.ToString(), AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 });
        Assert.Equal(await Story(peerClient), await Story(ours.Client));
    }

    /// <summary>What a stream goes through, told without what differs by nature: times, and the tokens that are opaque.</summary>
    private static async Task<string> Story(IAmazonKinesis kinesis)
    {
        var told = new StringBuilder();
        await kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 3 }, Cancellation);
        await UntilActive(kinesis);
        await Put(kinesis, told);
        await kinesis.SplitShardAsync(new SplitShardRequest { StreamName = "s", ShardToSplit = Id(1), NewStartingHashKey = "170141183460469231731687303715884105728" }, Cancellation);
        await UntilActive(kinesis);
        await Put(kinesis, told);
        await kinesis.MergeShardsAsync(new MergeShardsRequest { StreamName = "s", ShardToMerge = Id(0), AdjacentShardToMerge = Id(3) }, Cancellation);
        await UntilActive(kinesis);
        await Put(kinesis, told);

        foreach (var shard in (await kinesis.ListShardsAsync(new ListShardsRequest { StreamName = "s" }, Cancellation)).Shards!.OrderBy(shard => shard.ShardId))
        {
            Assert.True(RecordPosition.TryParse(shard.SequenceNumberRange!.StartingSequenceNumber!, out var start));
            told.AppendLine(CultureInfo.InvariantCulture, $"{shard.ShardId} parents {shard.ParentShardId} {shard.AdjacentParentShardId} keys {shard.HashKeyRange!.StartingHashKey}..{shard.HashKeyRange.EndingHashKey}");

            // Not start.ShardIndex: the peer gives the start of a merged shard index 0, which is a mistake of its own.
            told.AppendLine(CultureInfo.InvariantCulture, $"  starts at {start.Index} {(shard.SequenceNumberRange.EndingSequenceNumber is null ? "open" : "closed")}");
            var iterator = await kinesis.GetShardIteratorAsync(new GetShardIteratorRequest { StreamName = "s", ShardId = shard.ShardId, ShardIteratorType = "TRIM_HORIZON" }, Cancellation);
            var got = await kinesis.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator.ShardIterator }, Cancellation);
            told.AppendLine(CultureInfo.InvariantCulture, $"  holds {string.Join(' ', got.Records!.Select(record => $"{record.PartitionKey}={Encoding.UTF8.GetString(record.Data!.ToArray())}"))}");
            told.AppendLine(CultureInfo.InvariantCulture, $"  then {string.Join(' ', (got.ChildShards ?? []).Select(child => $"{child.ShardId}<{string.Join('+', child.ParentShards!.Order())}"))} {got.NextShardIterator is null}");
        }

        await Errors(kinesis, told);
        return told.ToString();
    }

    private static async Task Put(IAmazonKinesis kinesis, StringBuilder told)
    {
        List<PutRecordsRequestEntry> entries = [.. Enumerable.Range(0, 20).Select(i => new PutRecordsRequestEntry { PartitionKey = $"key-{i}-é", Data = new MemoryStream([(byte)('a' + i)]) })];
        entries.Add(new PutRecordsRequestEntry { PartitionKey = "k", ExplicitHashKey = "0", Data = new MemoryStream("0"u8.ToArray()) });
        entries.Add(new PutRecordsRequestEntry { PartitionKey = "k", ExplicitHashKey = UInt128.MaxValue.ToString(CultureInfo.InvariantCulture), Data = new MemoryStream("1"u8.ToArray()) });
        var put = await kinesis.PutRecordsAsync(new PutRecordsRequest { StreamName = "s", Records = entries }, Cancellation);
        Assert.All(put.Records!, record => Assert.Equal(56, record.SequenceNumber!.Length));
        told.AppendLine(CultureInfo.InvariantCulture, $"put {put.FailedRecordCount}: {string.Join(' ', put.Records!.Select(record => record.ShardId![^1]))}");
    }

    /// <summary>Not among them: splitting a closed shard, InvalidArgumentException in Kinesis (mhart/kinesalite#109) and here, another one in the peer; and a damaged iterator, which is too much for the peer.</summary>
    private static async Task Errors(IAmazonKinesis kinesis, StringBuilder told)
    {
        (string What, Func<Task> Call)[] calls =
        [
            ("create twice", () => kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1 }, Cancellation)),
            ("put to nothing", () => kinesis.PutRecordAsync(new PutRecordRequest { StreamName = "none", PartitionKey = "k", Data = new MemoryStream([1]) }, Cancellation)),
            ("split what is not there", () => kinesis.SplitShardAsync(new SplitShardRequest { StreamName = "s", ShardToSplit = Id(9), NewStartingHashKey = "5" }, Cancellation)),
            ("merge what is apart", () => kinesis.MergeShardsAsync(new MergeShardsRequest { StreamName = "s", ShardToMerge = Id(5), AdjacentShardToMerge = Id(2) }, Cancellation)),
            ("read at nothing", () => kinesis.GetShardIteratorAsync(new GetShardIteratorRequest { StreamName = "s", ShardId = Id(9), ShardIteratorType = "LATEST" }, Cancellation)),
            ("describe nothing", () => kinesis.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = "none" }, Cancellation)),
        ];
        foreach (var (what, call) in calls)
        {
            told.AppendLine(CultureInfo.InvariantCulture, $"{what}: {(await Assert.ThrowsAnyAsync<AmazonServiceException>(call)).ErrorCode}");
        }
    }

    private static async Task UntilActive(IAmazonKinesis kinesis)
    {
        for (var i = 0; i < 200; i++)
        {
            if ((await kinesis.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = "s" }, Cancellation)).StreamDescriptionSummary!.StreamStatus == "ACTIVE")
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), Cancellation);
        }

        Assert.Fail("the stream did not become ACTIVE");
    }

    private static string Id(int index) => ShardState.IdOf(index);
}
