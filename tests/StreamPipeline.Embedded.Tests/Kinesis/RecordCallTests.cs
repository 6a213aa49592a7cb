using System.Text;
using Amazon.Kinesis.Model;
using StreamPipeline.Aws.Kinesis;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Streams;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class RecordCallTests
{
    private const string Shard0 = "shardId-000000000000";
    private const string Shard1 = "shardId-000000000001";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_come_back_in_order_as_they_were_put()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var put = await kinesis.Put("s", ("k1", "one"), ("k2", "two"), ("ключ", ""));
        kinesis.Time.Advance(TimeSpan.FromSeconds(2));
        var got = await kinesis.Get(await kinesis.Iterator("s", Shard0));
        Assert.Equal([("k1", "one"), ("k2", "two"), ("ключ", "")], got.Records!.Select(record => (record.PartitionKey, LocalKinesis.Text(record))));
        Assert.Equal(put.Records!.Select(record => record.SequenceNumber), got.Records!.Select(record => record.SequenceNumber));
        Assert.Equal(0, got.MillisBehindLatest);
        Assert.Equal(new DateTime(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc), got.Records![0].ApproximateArrivalTimestamp);
        Assert.Empty((await kinesis.Get(got.NextShardIterator!)).Records!);
    }

    [Fact]
    public async Task A_partial_read_says_how_far_it_is_behind()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        await kinesis.Put("s", ("k", "1"), ("k", "2"));
        kinesis.Time.Advance(TimeSpan.FromSeconds(7));
        var got = await kinesis.Get(await kinesis.Iterator("s", Shard0), limit: 1);
        Assert.Equal(("1", 7_000L), (LocalKinesis.Text(Assert.Single(got.Records!)), got.MillisBehindLatest));
    }

    [Fact]
    public async Task The_partition_key_chooses_the_shard_by_its_MD5_unless_a_hash_key_is_given()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 2));

        // MD5("a") begins with 0c, MD5("b") with 92.
        Assert.Equal([Shard0, Shard1], (await kinesis.Put("s", ("a", "x"), ("b", "x"))).Records!.Select(record => record.ShardId));
        var put = await kinesis.Client.PutRecordAsync(
            new PutRecordRequest { StreamName = "s", PartitionKey = "a", ExplicitHashKey = UInt128.MaxValue.ToString(), Data = new MemoryStream([1]) }, Cancellation);
        Assert.Equal(Shard1, put.ShardId);
    }

    [Fact]
    public async Task Each_type_of_iterator_starts_where_it_says()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 1));
        var sequences = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            sequences.Add((await kinesis.Put("s", ("k", $"{i}"))).Records![0].SequenceNumber!);
            kinesis.Time.Advance(TimeSpan.FromSeconds(10));
        }

        var shard = (await kinesis.Shards("s"))[0];
        var latest = await kinesis.Iterator("s", Shard0, "LATEST");
        await kinesis.Put("s", ("k", "5"));

        async Task Holds(string expected, string iterator) =>
            Assert.Equal(expected, string.Concat((await kinesis.Get(iterator)).Records!.Select(LocalKinesis.Text)));

        await Holds("012345", await kinesis.Iterator("s", Shard0));
        await Holds("5", latest);
        await Holds("2345", await kinesis.Iterator("s", Shard0, "AT_SEQUENCE_NUMBER", sequences[2]));
        await Holds("345", await kinesis.Iterator("s", Shard0, "AFTER_SEQUENCE_NUMBER", sequences[2]));
        await Holds("012345", await kinesis.Iterator("s", Shard0, "AT_SEQUENCE_NUMBER", shard.SequenceNumberRange!.StartingSequenceNumber));
        await Holds("012345", await kinesis.Iterator("s", Shard0, "AFTER_SEQUENCE_NUMBER", shard.SequenceNumberRange!.StartingSequenceNumber));
        await Holds("345", await kinesis.Iterator("s", Shard0, "AT_TIMESTAMP", at: new DateTime(2026, 3, 1, 12, 0, 21, DateTimeKind.Utc)));
        await Holds("2345", await kinesis.Iterator("s", Shard0, "AT_TIMESTAMP", at: new DateTime(2026, 3, 1, 12, 0, 20, DateTimeKind.Utc)));
        await Holds("2345", await new KinesisRecordStream(kinesis.Client, "s").Open(Shard0, new StreamPosition(false, FromUs: 1_772_366_420_000_999), Cancellation));
        await Holds("", await kinesis.Iterator("s", Shard0, "AT_TIMESTAMP", at: new DateTime(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc)));
    }

    [Fact]
    public async Task A_shard_takes_a_thousand_records_a_second_and_turns_the_others_away_one_by_one()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 2));
        var full = Enumerable.Repeat(("a", "x"), 400).ToList();
        Assert.Equal(0, (await kinesis.Put("s", full)).FailedRecordCount);
        Assert.Equal(0, (await kinesis.Put("s", full)).FailedRecordCount);
        var mixed = await kinesis.Put("s", full.Append(("b", "of the other shard")));
        Assert.Equal(200, mixed.FailedRecordCount);
        Assert.All(mixed.Records!.Take(200), record => Assert.Equal(Shard0, record.ShardId));
        Assert.All(mixed.Records!.Skip(200).Take(200), record =>
        {
            Assert.Equal("ProvisionedThroughputExceededException", record.ErrorCode);
            Assert.Contains($"shard {Shard0} in stream s", record.ErrorMessage, StringComparison.Ordinal);
            Assert.Null(record.SequenceNumber);
        });
        Assert.Equal(Shard1, mixed.Records![^1].ShardId);
        await Assert.ThrowsAsync<ProvisionedThroughputExceededException>(() => kinesis.Client.PutRecordAsync(
            new PutRecordRequest { StreamName = "s", PartitionKey = "a", Data = new MemoryStream([1]) }, Cancellation));
        Assert.Single(kinesis.Reports, line => line.Contains("throttled", StringComparison.Ordinal));

        kinesis.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, (await kinesis.Put("s", full)).FailedRecordCount);
        Assert.Equal(1_400, (await kinesis.Read("s", Shard0)).Count);
    }

    [Fact]
    public async Task A_shard_takes_a_MiB_a_second_keys_included()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var data = new string('x', (1 << 20) - 1);
        Assert.Equal([0, 1], (await kinesis.Put("s", ("k", data), ("k", ""))).Records!.Select(record => record.ErrorCode is null ? 0 : 1));
        kinesis.Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(1, (await kinesis.Put("s", ("k", data))).FailedRecordCount);
        kinesis.Time.Advance(TimeSpan.FromMilliseconds(501));
        Assert.Equal(0, (await kinesis.Put("s", ("k", data))).FailedRecordCount);
    }

    [Fact]
    public async Task A_shard_answers_five_reads_a_second_and_holds_back_after_a_large_one()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var iterator = await kinesis.Iterator("s", Shard0);
        for (var i = 0; i < 5; i++)
        {
            await kinesis.Get(iterator);
        }

        await Assert.ThrowsAsync<ProvisionedThroughputExceededException>(() => kinesis.Get(iterator));
        for (var i = 0; i < 6; i++)
        {
            kinesis.Time.Advance(TimeSpan.FromSeconds(1.1));
            Assert.Equal(0, (await kinesis.Put("s", ("k", new string('x', 1_000_000)))).FailedRecordCount);
        }

        Assert.Equal(6, (await kinesis.Get(iterator)).Records!.Count);
        kinesis.Time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<ProvisionedThroughputExceededException>(() => kinesis.Get(iterator));
        kinesis.Time.Advance(TimeSpan.FromSeconds(1));
        await kinesis.Get(iterator);
    }

    [Fact]
    public async Task A_read_returns_at_most_ten_MiB()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 1));
        for (var i = 0; i < 12; i++)
        {
            await kinesis.Put("s", ("k", new string((char)('a' + i), 1_000_000)));
        }

        var first = await kinesis.Get(await kinesis.Iterator("s", Shard0));
        var second = await kinesis.Get(first.NextShardIterator!);
        Assert.Equal((10, 2), (first.Records!.Count, second.Records!.Count));
        Assert.Equal("abcdefghijkl", string.Concat(first.Records.Concat(second.Records).Select(record => (char)record.Data!.ToArray()[0])));
    }

    [Fact]
    public async Task An_iterator_expires_after_five_minutes()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var iterator = await kinesis.Iterator("s", Shard0);
        kinesis.Time.Advance(TimeSpan.FromMinutes(5));
        await kinesis.Get(iterator);
        kinesis.Time.Advance(TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<ExpiredIteratorException>(() => kinesis.Get(iterator));
    }

    [Fact]
    public async Task What_is_older_than_the_retention_is_not_seen_any_more()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var first = (await kinesis.Put("s", ("k", "old"))).Records![0].SequenceNumber!;
        kinesis.Time.Advance(TimeSpan.FromHours(23));
        await kinesis.Put("s", ("k", "new"));
        Assert.Equal(["old", "new"], (await kinesis.Read("s", Shard0)).Select(LocalKinesis.Text));
        kinesis.Time.Advance(TimeSpan.FromHours(1.5));
        Assert.Equal(["new"], (await kinesis.Read("s", Shard0)).Select(LocalKinesis.Text));
        Assert.Equal(["new"], (await kinesis.Get(await kinesis.Iterator("s", Shard0, "AT_SEQUENCE_NUMBER", first))).Records!.Select(LocalKinesis.Text));
        kinesis.Time.Advance(TimeSpan.FromHours(48));
        var empty = await kinesis.Get(await kinesis.Iterator("s", Shard0));
        Assert.Empty(empty.Records!);
        Assert.Equal(0, empty.MillisBehindLatest);

        // Also when all is gone and the process is another one, numbers go on where they were.
        await kinesis.Restart();
        var next = (await kinesis.Put("s", ("k", "next"))).Records![0].SequenceNumber!;
        Assert.True(SequenceNumber.Parse(next) > SequenceNumber.Parse(first));
        Assert.Equal(["next"], (await kinesis.Read("s", Shard0)).Select(LocalKinesis.Text));
    }

    [Fact]
    public async Task Concurrent_puts_lose_nothing_and_sequence_numbers_ascend_in_each_shard()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 3));
        const int writers = 8, calls = 20, perCall = 50;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(
            async () =>
            {
                for (var call = 0; call < calls; call++)
                {
                    var put = await kinesis.Put("s", Enumerable.Range(0, perCall).Select(i => ($"{writer}-{i}", $"{writer} {call} {i}")));
                    Assert.Equal(0, put.FailedRecordCount);
                }
            },
            Cancellation)));

        var seen = new HashSet<string>();
        foreach (var shard in await kinesis.Shards("s"))
        {
            var records = await kinesis.Read("s", shard.ShardId!);
            var numbers = records.ConvertAll(record => SequenceNumber.Parse(record.SequenceNumber!));
            Assert.All(numbers.Zip(numbers.Skip(1)), pair => Assert.True(pair.First < pair.Second));
            Assert.All(records, record => Assert.True(seen.Add(LocalKinesis.Text(record))));

            // A writer's records of one key keep their order.
            Assert.All(records.GroupBy(record => record.PartitionKey), key => Assert.Equal(
                Enumerable.Range(0, calls), key.Select(record => int.Parse(Encoding.UTF8.GetString(record.Data!.ToArray()).Split(' ')[1], null))));
        }

        Assert.Equal(writers * calls * perCall, seen.Count);
    }
}
