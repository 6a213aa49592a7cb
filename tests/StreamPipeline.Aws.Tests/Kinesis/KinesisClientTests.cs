using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using StreamPipeline.Aws.Kinesis;
using StreamPipeline.Tests.Aws;
using Record = Amazon.Kinesis.Model.Record;

namespace StreamPipeline.Aws.Tests.Kinesis;

public sealed class KinesisClientTests(MotoFixture moto) : IAsyncLifetime
{
    private AmazonKinesisClient? _kinesis;
    private string _stream = "";

    private static CancellationToken Never => CancellationToken.None;

    private AmazonKinesisClient Kinesis => _kinesis!;

    public async ValueTask InitializeAsync()
    {
        _kinesis = AwsClients.Kinesis((await moto.Server).Clients);
        _stream = moto.NewName("stream");
        await Kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = _stream, ShardCount = 2 }, Never);
    }

    public ValueTask DisposeAsync()
    {
        _kinesis?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Records_come_back_as_they_were_put()
    {
        byte[] bytes = [0, 255, 1, 254];
        var put = await Kinesis.PutRecordsAsync(new PutRecordsRequest { StreamName = _stream, Records = [Entry("a", bytes), Entry("ä", [])] }, Never);
        Assert.Equal(0, put.FailedRecordCount);
        await Kinesis.PutRecordAsync(new PutRecordRequest { StreamName = _stream, Data = new MemoryStream(bytes), PartitionKey = "a" }, Never);
        var records = await ReadAll();
        Assert.Equal(["a", "a", "ä"], records.Select(record => record.PartitionKey).Order(StringComparer.Ordinal));
        Assert.All(records, record => Assert.Equal(record.PartitionKey == "a" ? bytes : [], record.Data!.ToArray()));
        Assert.All(records, record => Assert.Equal(DateTimeKind.Utc, record.ApproximateArrivalTimestamp!.Value.Kind));
        Assert.Contains(records, record => record.SequenceNumber == put.Records![0].SequenceNumber);
    }

    [Fact]
    public async Task A_stream_is_split_and_merged_and_its_shards_tell_their_parents()
    {
        var shards = (await Kinesis.ListShardsAsync(new ListShardsRequest { StreamName = _stream }, Never)).Shards!;
        Assert.Equal("0", shards[0].HashKeyRange!.StartingHashKey);
        await Kinesis.SplitShardAsync(new SplitShardRequest { StreamName = _stream, ShardToSplit = shards[0].ShardId, NewStartingHashKey = "1000" }, Never);
        var split = (await Kinesis.ListShardsAsync(new ListShardsRequest { StreamName = _stream }, Never)).Shards!;
        Assert.Equal(2, split.Count(shard => shard.ParentShardId == shards[0].ShardId));
        var open = split.Where(shard => shard.SequenceNumberRange!.EndingSequenceNumber is null).OrderBy(shard => UInt128.Parse(shard.HashKeyRange!.StartingHashKey!, null)).ToList();
        await Kinesis.MergeShardsAsync(new MergeShardsRequest { StreamName = _stream, ShardToMerge = open[0].ShardId, AdjacentShardToMerge = open[1].ShardId }, Never);
        var merged = (await Kinesis.ListShardsAsync(new ListShardsRequest { StreamName = _stream, ShardFilter = new ShardFilter { Type = ShardFilterType.AT_LATEST } }, Never)).Shards!;
        Assert.Contains(merged, shard => shard.ParentShardId is not null && shard.AdjacentParentShardId is not null);
        var summary = (await Kinesis.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = _stream }, Never)).StreamDescriptionSummary!;
        Assert.Equal(StreamStatus.ACTIVE, summary.StreamStatus);
        Assert.Equal(2, summary.OpenShardCount);
        await Kinesis.DeleteStreamAsync(new DeleteStreamRequest { StreamName = _stream }, Never);
    }

    [Fact]
    public async Task Errors_have_the_official_types_and_codes()
    {
        var missing = await Assert.ThrowsAsync<ResourceNotFoundException>(() => Kinesis.DeleteStreamAsync(new DeleteStreamRequest { StreamName = "no-such-stream" }, Never));
        Assert.Equal("ResourceNotFoundException", missing.ErrorCode);
        Assert.IsAssignableFrom<AmazonKinesisException>(missing);
        await Assert.ThrowsAsync<ResourceInUseException>(() => Kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = _stream, ShardCount = 1 }, Never));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => Kinesis.SplitShardAsync(
            new SplitShardRequest { StreamName = _stream, ShardToSplit = "shardId-000000000000", NewStartingHashKey = "0" }, Never));
    }

    [Fact]
    public async Task A_putter_gets_all_records_in_through_a_proxy_that_makes_calls_and_records_fail()
    {
        var faults = new Queue<ProxyFault>([ProxyFault.Partial, ProxyFault.ServerError, ProxyFault.Throttled, ProxyFault.Partial, ProxyFault.LostAnswer, ProxyFault.Partial]);
        await using var proxy = await FaultProxy.Start((await moto.Server).Address, _ => faults.TryDequeue(out var fault) ? fault : ProxyFault.None);
        using var kinesis = AwsClients.Kinesis(MotoServer.ClientsOf(proxy.Address) with { RetriesMax = 0 });
        var records = Enumerable.Range(0, 900).Select(i => Entry($"k{i % 300}", BitConverter.GetBytes(i))).ToList();
        var (outcome, _) = await new RecordPutter(kinesis, _stream, new RecordPutSettings(), Patience.Short(attempts: 50)).Put(records, Never);
        Assert.True(outcome.Retried > 900, $"{outcome.Retried} records were sent again");
        Assert.Equal(3, proxy.Counts[ProxyFault.Partial]);
        var taken = (await ReadAll()).Select(record => (record.PartitionKey, Value: BitConverter.ToInt32(record.Data!.ToArray()))).Distinct().ToList();
        Assert.Equal(Enumerable.Range(0, 900), taken.Select(record => record.Value).Order());
        Assert.All(taken.GroupBy(record => record.PartitionKey), key => Assert.Equal(key.Select(r => r.Value).Order(), key.Select(r => r.Value)));
    }

    [Fact]
    public async Task A_throttle_is_retried_by_the_SDK()
    {
        var faults = new Queue<ProxyFault>([ProxyFault.Throttled, ProxyFault.None]);
        await using var proxy = await FaultProxy.Start((await moto.Server).Address, _ => faults.Dequeue());
        using var kinesis = AwsClients.Kinesis(MotoServer.ClientsOf(proxy.Address));
        Assert.NotEmpty((await kinesis.ListShardsAsync(new ListShardsRequest { StreamName = _stream }, Never)).Shards!);
    }

    [Fact]
    public async Task A_throttle_without_end_has_its_own_exception()
    {
        await using var proxy = await FaultProxy.Start((await moto.Server).Address, _ => ProxyFault.Throttled);
        using var kinesis = AwsClients.Kinesis(MotoServer.ClientsOf(proxy.Address) with { RetriesMax = 0 });
        await Assert.ThrowsAsync<ProvisionedThroughputExceededException>(() => kinesis.ListShardsAsync(new ListShardsRequest { StreamName = _stream }, Never));
    }

    private static PutRecordsRequestEntry Entry(string key, byte[] data) => new() { Data = new MemoryStream(data), PartitionKey = key };

    private async Task<List<Record>> ReadAll()
    {
        var records = new List<Record>();
        foreach (var shard in (await Kinesis.ListShardsAsync(new ListShardsRequest { StreamName = _stream }, Never)).Shards!)
        {
            var iterator = await Kinesis.GetShardIteratorAsync(
                new GetShardIteratorRequest { StreamName = _stream, ShardId = shard.ShardId, ShardIteratorType = ShardIteratorType.TRIM_HORIZON }, Never);
            records.AddRange((await Kinesis.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator.ShardIterator }, Never)).Records!);
        }

        return records;
    }
}
