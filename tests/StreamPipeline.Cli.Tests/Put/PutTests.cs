using System.Globalization;
using Amazon.Kinesis.Model;
using Amazon.Runtime;

namespace StreamPipeline.Cli.Tests.Put;

public sealed class PutTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData]
    [InlineData("--ordered")]
    [InlineData("--aggregate")]
    [InlineData("--aggregate", "--ordered")]
    public async Task Every_line_arrives_once_in_the_shard_of_its_key_and_those_of_a_key_in_order(params string[] options)
    {
        await using var stream = await PutStream.Start(shards: 3);
        var lines = Enumerable.Range(0, 2_000).Select(i => $$"""{"n":{{i}},"user":{"id":"user {{i * i % 37}}"} }""").ToList();
        var (code, counts, error) = await stream.Put(lines, ["--partition-key", "user.id", .. options]);
        Assert.Equal((0, ""), (code, error));
        Assert.Equal((2_000, 2_000, 0, 0), (Count(counts, "records"), Count(counts, "sent"), Count(counts, "unsendable"), Count(counts, "failed")));
        Assert.Equal(lines.Sum(line => line.Length), Count(counts, "bytes"));

        var records = 0;
        foreach (var shard in await stream.Shards())
        {
            var held = await stream.Read(shard);
            records += held.Count;
            // Sorting is stable: the order within a key stays.
            Assert.Equal(
                lines.Where(line => PutStream.IsOf(shard, Key(line))).OrderBy(Key, StringComparer.Ordinal),
                held.SelectMany(record => record).OrderBy(Key, StringComparer.Ordinal));
        }

        Assert.Equal(Count(counts, "kinesisRecords"), records);
        Assert.Equal(options.Contains("--aggregate") ? 3 : 2_000, records);

        static string Key(string line) => line.Split('"')[7];
    }

    [Fact]
    public async Task The_partition_key_of_a_pipeline_is_used_and_lines_without_it_are_spread()
    {
        await using var stream = await PutStream.Start(shards: 4);
        var pipeline = Path.Combine(Samples.Folder, "flights", "pipeline.yaml");
        var lines = Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? $$"""{"n":{{i}},"origin":"ATL"}""" : $$"""{"n":{{i}}""").ToList();
        Assert.Equal(0, (await stream.Put(lines, "--pipeline", pipeline)).Code);
        foreach (var shard in await stream.Shards())
        {
            var held = (await stream.Read(shard)).ConvertAll(record => Assert.Single(record));
            Assert.Equal(PutStream.IsOf(shard, "ATL") ? 200 : 0, held.Count(line => line.Contains("ATL", StringComparison.Ordinal)));
            Assert.InRange(held.Count(line => !line.Contains("ATL", StringComparison.Ordinal)), 20, 80);
        }
    }

    [Fact]
    public async Task A_shard_is_sent_what_it_takes_so_that_nothing_is_throttled()
    {
        await using var stream = await PutStream.Start(shards: 1);
        var (code, counts, _) = await stream.Put(Enumerable.Range(0, 6_000).Select(i => $"{{\"n\":{i}}}"));
        Assert.Equal((0, 6_000, 0), (code, Count(counts, "sent"), Count(counts, "retried")));
        Assert.InRange(stream.Time.Elapsed.TotalSeconds, 5, 6);
    }

    [Fact]
    public async Task Bytes_are_paced_too()
    {
        await using var stream = await PutStream.Start(shards: 1);
        var line = new string('x', 100_000);
        var (code, counts, _) = await stream.Put(Enumerable.Repeat(line, 60), "--aggregate");
        Assert.Equal((0, 60, 0), (code, Count(counts, "sent"), Count(counts, "retried")));
        Assert.InRange(stream.Time.Elapsed.TotalSeconds, 5, 6);
    }

    [Fact]
    public async Task What_is_throttled_is_sent_again_until_it_is_taken()
    {
        await using var stream = await PutStream.Start(shards: 1);
        var lines = Enumerable.Range(0, 4_000).Select(i => $"{{\"n\":{i}}}").ToList();
        var (code, counts, _) = await stream.Put(lines, "--unpaced");
        Assert.Equal((0, 4_000), (code, Count(counts, "sent")));
        Assert.True(Count(counts, "retried") > 0);
        Assert.Equal(lines.Order(), (await stream.Read((await stream.Shards())[0])).Select(record => Assert.Single(record)).Order());
    }

    [Fact]
    public async Task A_rate_is_kept()
    {
        await using var stream = await PutStream.Start(shards: 4);
        var (code, counts, _) = await stream.Put(Enumerable.Range(0, 300).Select(i => $"{{\"n\":{i}}}"), "--rate", "100/s");
        Assert.Equal((0, 300), (code, Count(counts, "sent")));
        Assert.InRange(stream.Time.Elapsed.TotalSeconds, 2.8, 3);
    }

    [Fact]
    public async Task A_reshard_on_the_way_is_noticed_and_only_what_was_packed_before_is_in_a_foreign_shard()
    {
        await using var stream = await PutStream.Start(shards: 1);
        stream.Client.BeforePut = async put =>
        {
            if (put == 3)
            {
                await stream.Client.SplitShardAsync(
                    new SplitShardRequest { StreamName = "s", ShardToSplit = "shardId-000000000000", NewStartingHashKey = (UInt128.MaxValue / 2).ToString(CultureInfo.InvariantCulture) }, Cancellation);
            }
        };
        var lines = Enumerable.Range(0, 30_000).Select(i => $$"""{"n":{{i}},"key":"{{i % 100}}","text":"{{new string('x', 100)}}"}""").ToList();
        var (code, counts, _) = await stream.Put(lines, "--aggregate", "--partition-key", "key");
        Assert.Equal((0, 30_000), (code, Count(counts, "sent")));

        var seen = new List<string>();
        var (right, wrong) = (0, 0);
        foreach (var shard in await stream.Shards())
        {
            foreach (var line in (await stream.Read(shard)).SelectMany(record => record))
            {
                seen.Add(line);
                _ = PutStream.IsOf(shard, line.Split('"')[5]) ? right++ : wrong++;
            }
        }

        Assert.Equal(lines.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.True(wrong < 20_000, $"{wrong} lines in a foreign shard");
        Assert.True(right > wrong);
        Assert.Equal(3, (await stream.Shards()).Count);
    }

    [Fact]
    public async Task Lines_that_no_stream_takes_are_told_and_the_others_are_sent()
    {
        await using var stream = await PutStream.Start(shards: 1);
        string[] lines = ["""{"k":"a"}""", new string('x', 2_000_000), "", $$"""{"k":"{{new string('k', 257)}}"}""", """{"k":"b"}"""];
        var (code, counts, error) = await stream.Put(lines, "--partition-key", "k");
        Assert.Equal((1, 4, 2, 2), (code, Count(counts, "records"), Count(counts, "sent"), Count(counts, "unsendable")));
        Assert.Contains("record 2 cannot be sent: line 2 is 2,000,000 bytes, at most 1,048,576 are allowed", error, StringComparison.Ordinal);
        Assert.Contains("record 3 cannot be sent: its partition key has 257 characters, at most 256 are allowed", error, StringComparison.Ordinal);
        Assert.Equal(["{\"k\":\"a\"}", "{\"k\":\"b\"}"], (await stream.Read((await stream.Shards())[0])).Select(record => Assert.Single(record)));
    }

    [Fact]
    public async Task When_a_call_is_refused_the_counts_say_how_far_it_came()
    {
        await using var stream = await PutStream.Start(shards: 4);
        stream.Client.BeforePut = put => put == 3
            ? throw new AmazonServiceException("no", ErrorType.Sender, "AccessDeniedException", "id", System.Net.HttpStatusCode.BadRequest)
            : Task.CompletedTask;
        var (code, counts, error) = await stream.Put(Enumerable.Range(0, 2_000).Select(i => $"{{\"n\":{i}}}"));
        Assert.Equal((1, 1_000, 500), (code, Count(counts, "sent"), Count(counts, "failed")));
        Assert.Contains("AccessDeniedException", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_is_missing_and_an_endpoint_that_is_not_there_are_named()
    {
        await using var stream = await PutStream.Start(shards: 1);
        using var terminal = new TestTerminal();
        var url = stream.Client.Config.ServiceURL;
        await File.WriteAllTextAsync(stream.Path("one.ndjson"), "{}", Cancellation);
        Assert.Equal(1, await terminal.RunAsync("put", "--stream", "none", "--input", stream.Path("one.ndjson"), "--endpoint-url", url));
        Assert.Contains("there is no stream 'none'", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(2, await terminal.RunAsync("put", "--stream", "s", "--input", stream.Path("two.ndjson"), "--endpoint-url", url));
        Assert.Contains("two.ndjson does not exist", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(2, await terminal.RunAsync("put", "--stream", "s", "--input", stream.Path("one.ndjson"), "--endpoint-url", "ftp://x"));
        Assert.Contains("'ftp://x' is not an endpoint", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(0, await terminal.RunAsync("put", "--stream", "s", "--input", stream.Path("one.ndjson"), "--endpoint-url", url));
        Assert.Contains("1 calls", terminal.Out, StringComparison.Ordinal);
    }

    private static int Count(System.Text.Json.JsonElement counts, string name) => counts.GetProperty(name).GetInt32();
}
