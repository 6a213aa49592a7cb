using Amazon.Kinesis.Model;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class ShardCallTests
{
    private const string Middle = "170141183460469231731687303715884105728";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_split_closes_the_parent_which_ends_with_its_children()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 1));
        var before = (await kinesis.Put("s", ("a", "1"), ("b", "2"))).Records!;
        await Split(kinesis, Id(0), Middle);
        var after = (await kinesis.Put("s", ("a", "3"), ("b", "4"))).Records!;
        Assert.Equal([Id(1), Id(2)], after.Select(record => record.ShardId));

        var shards = await kinesis.Shards("s");
        Assert.Equal([null, Id(0), Id(0)], shards.Select(shard => shard.ParentShardId));
        Assert.NotNull(shards[0].SequenceNumberRange!.EndingSequenceNumber);
        Assert.All(shards.Skip(1), shard => Assert.Null(shard.SequenceNumberRange!.EndingSequenceNumber));
        var order = new[]
        {
            shards[0].SequenceNumberRange!.StartingSequenceNumber!, before[0].SequenceNumber!, before[1].SequenceNumber!,
            shards[0].SequenceNumberRange!.EndingSequenceNumber!, shards[1].SequenceNumberRange!.StartingSequenceNumber!, after[0].SequenceNumber!,
        }.Select(SequenceNumber.Parse).ToList();
        Assert.Equal(order.Order(), order);

        var last = await kinesis.Get(await kinesis.Iterator("s", Id(0)));
        Assert.Equal(["1", "2"], last.Records!.Select(LocalKinesis.Text));
        Assert.Null(last.NextShardIterator);
        Assert.Equal([Id(1), Id(2)], last.ChildShards!.Select(child => child.ShardId));
        Assert.All(last.ChildShards!, child => Assert.Equal([Id(0)], child.ParentShards!));
        Assert.Equal(["0", Middle], last.ChildShards!.Select(child => child.HashKeyRange!.StartingHashKey));

        // A part of a closed shard goes on until its end.
        var part = await kinesis.Get(await kinesis.Iterator("s", Id(0)), limit: 1);
        Assert.NotNull(part.NextShardIterator);
        Assert.Null((await kinesis.Get(part.NextShardIterator)).NextShardIterator);
        Assert.Empty((await kinesis.Get(await kinesis.Iterator("s", Id(0), "AFTER_SEQUENCE_NUMBER", shards[0].SequenceNumberRange!.EndingSequenceNumber))).Records!);
    }

    [Fact]
    public async Task A_merge_names_both_parents()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 2));
        await kinesis.Put("s", ("a", "1"), ("b", "2"));
        await kinesis.Client.MergeShardsAsync(new MergeShardsRequest { StreamName = "s", ShardToMerge = Id(1), AdjacentShardToMerge = Id(0) }, Cancellation);
        var child = (await kinesis.Shards("s"))[2];
        Assert.Equal((Id(1), Id(0)), (child.ParentShardId, child.AdjacentParentShardId));
        Assert.Equal(("0", UInt128.MaxValue.ToString()), (child.HashKeyRange!.StartingHashKey, child.HashKeyRange.EndingHashKey));
        Assert.All((await kinesis.Put("s", ("a", "3"), ("b", "4"))).Records!, record => Assert.Equal(Id(2), record.ShardId));
        var last = await kinesis.Get(await kinesis.Iterator("s", Id(0)));
        Assert.Equal([Id(1), Id(0)], Assert.Single(last.ChildShards!).ParentShards!);
    }

    [Fact]
    public async Task What_cannot_be_split_or_merged_is_refused_and_changes_nothing()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 3));
        await Refused<InvalidArgumentException>(() => Split(kinesis, Id(0), "0"));
        await Refused<InvalidArgumentException>(() => Split(kinesis, Id(0), UInt128.MaxValue.ToString()));
        await Refused<ResourceNotFoundException>(() => Split(kinesis, Id(7), "5"));
        await Refused<ValidationException>(() => Split(kinesis, Id(0), "minus one"));
        await Refused<InvalidArgumentException>(() => Merge(kinesis, Id(0), Id(2)));
        await Refused<InvalidArgumentException>(() => Merge(kinesis, Id(1), Id(1)));
        await Split(kinesis, Id(0), "5");
        await Refused<InvalidArgumentException>(() => Split(kinesis, Id(0), "7"));
        await Refused<InvalidArgumentException>(() => Merge(kinesis, Id(0), Id(1)));
        Assert.Equal(5, (await kinesis.Shards("s")).Count);
    }

    [Fact]
    public async Task Shards_are_listed_by_page_and_by_filter()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 2));
        kinesis.Time.Advance(TimeSpan.FromHours(1));
        await Split(kinesis, Id(0), "5");

        async Task<string> List(ListShardsRequest request)
        {
            var list = await kinesis.Client.ListShardsAsync(request, Cancellation);
            return string.Join(' ', list.Shards!.Select(shard => shard.ShardId![^1..])) + (list.NextToken is null ? "" : " …");
        }

        Assert.Equal("0 1 2 3", await List(new ListShardsRequest { StreamName = "s" }));
        Assert.Equal("1 2 3", await List(new ListShardsRequest { StreamName = "s", ShardFilter = new ShardFilter { Type = "AT_LATEST" } }));
        Assert.Equal("0 1", await List(new ListShardsRequest { StreamName = "s", ShardFilter = new ShardFilter { Type = "AT_TRIM_HORIZON" } }));
        Assert.Equal("2 3", await List(new ListShardsRequest { StreamName = "s", ShardFilter = new ShardFilter { Type = "AFTER_SHARD_ID", ShardId = Id(1) } }));
        Assert.Equal("0 1", await List(new ListShardsRequest
        {
            StreamName = "s",
            ShardFilter = new ShardFilter { Type = "AT_TIMESTAMP", Timestamp = new DateTime(2026, 3, 1, 12, 30, 0, DateTimeKind.Utc) },
        }));
        Assert.Equal("0 1 2 …", await List(new ListShardsRequest { StreamName = "s", MaxResults = 3 }));
        var token = (await kinesis.Client.ListShardsAsync(new ListShardsRequest { StreamName = "s", MaxResults = 3 }, Cancellation)).NextToken;
        Assert.Equal("3", await List(new ListShardsRequest { NextToken = token }));
        kinesis.Time.Advance(TimeSpan.FromMinutes(6));
        await Refused<ExpiredNextTokenException>(() => List(new ListShardsRequest { NextToken = token }));
        await Refused<InvalidArgumentException>(() => List(new ListShardsRequest { NextToken = "AAAA" }));
    }

    [Fact]
    public async Task Streams_are_created_described_and_deleted()
    {
        await using var kinesis = await LocalKinesis.Start();
        await kinesis.Client.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 3 }, Cancellation);
        await Refused<ResourceInUseException>(() => kinesis.Client.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1 }, Cancellation));
        var summary = (await kinesis.Client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = "s" }, Cancellation)).StreamDescriptionSummary!;
        Assert.Equal(("s", 3, 24), (summary.StreamName, summary.OpenShardCount, summary.RetentionPeriodHours));
        var byArn = await kinesis.Client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamARN = summary.StreamARN }, Cancellation);
        Assert.Equal("s", byArn.StreamDescriptionSummary!.StreamName);

        await kinesis.Put("s", ("a", "gone"));
        var iterator = await kinesis.Iterator("s", Id(0));
        await kinesis.Client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = "s" }, Cancellation);
        await Refused<ResourceNotFoundException>(() => kinesis.Put("s", ("a", "x")));
        await kinesis.Client.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1 }, Cancellation);
        Assert.Empty(await kinesis.Read("s", Id(0)));
        kinesis.Time.Advance(TimeSpan.FromMilliseconds(1));
        await kinesis.Client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = "s" }, Cancellation);
        await kinesis.Client.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1 }, Cancellation);
        await Refused<ResourceNotFoundException>(() => kinesis.Get(iterator));
    }

    [Fact]
    public async Task Streams_shards_and_records_outlive_the_process()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 1), new InitialStream("gone", 1));
        var first = await kinesis.Put("s", ("a", "1"));
        var iterator = await kinesis.Iterator("s", Id(0));
        await Split(kinesis, Id(0), Middle);
        await kinesis.Put("s", ("a", "2"), ("b", "3"));
        var shards = await kinesis.Shards("s");
        await kinesis.Client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = "gone" }, Cancellation);

        await kinesis.Restart();
        Assert.Equivalent(shards, await kinesis.Shards("s"));
        Assert.Equal(first.Records![0].SequenceNumber, (await kinesis.Get(iterator)).Records![0].SequenceNumber);
        await kinesis.Put("s", ("a", "4"));
        var records = await kinesis.Read("s", Id(1));
        Assert.Equal(["2", "4"], records.Select(LocalKinesis.Text));
        Assert.True(SequenceNumber.Parse(records[0].SequenceNumber!) < SequenceNumber.Parse(records[1].SequenceNumber!));
        await Refused<ResourceNotFoundException>(() => kinesis.Shards("gone"));
    }

    [Fact]
    public async Task Two_endpoints_cannot_share_a_file_or_a_port()
    {
        await using var kinesis = await LocalKinesis.Start();
        var sameFile = await Assert.ThrowsAsync<IOException>(() => KinesisEndpoint.Start(new KinesisEndpointSettings { File = kinesis.File, Port = 0 }, kinesis.Time));
        Assert.Contains("--data", sameFile.Message, StringComparison.Ordinal);
        var samePort = await Assert.ThrowsAsync<IOException>(
            () => KinesisEndpoint.Start(new KinesisEndpointSettings { File = kinesis.File + "2", Port = kinesis.Uri.Port }, kinesis.Time));
        Assert.Contains($"127.0.0.1:{kinesis.Uri.Port}", samePort.Message, StringComparison.Ordinal);
        Assert.Contains("--port", samePort.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_of_ours_is_refused_by_name()
    {
        await using var kinesis = await LocalKinesis.Start();
        var file = kinesis.File + ".txt";
        await File.WriteAllTextAsync(file, new string('x', 5_000), Cancellation);
        var refusal = await Assert.ThrowsAsync<IOException>(() => KinesisEndpoint.Start(new KinesisEndpointSettings { File = file, Port = 0 }, kinesis.Time));
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
    }

    private static string Id(int index) => ShardState.IdOf(index);

    private static Task<SplitShardResponse> Split(LocalKinesis kinesis, string shard, string at) => kinesis.Client.SplitShardAsync(
        new SplitShardRequest { StreamName = "s", ShardToSplit = shard, NewStartingHashKey = at }, Cancellation);

    private static Task<MergeShardsResponse> Merge(LocalKinesis kinesis, string shard, string adjacent) => kinesis.Client.MergeShardsAsync(
        new MergeShardsRequest { StreamName = "s", ShardToMerge = shard, AdjacentShardToMerge = adjacent }, Cancellation);

    private static Task<T> Refused<T>(Func<Task> call)
        where T : Exception => Assert.ThrowsAsync<T>(call);
}
