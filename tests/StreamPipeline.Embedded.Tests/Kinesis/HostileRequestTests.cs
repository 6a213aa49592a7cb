using System.Net.Sockets;
using System.Text;
using CsCheck;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class HostileRequestTests
{
    [Theory]
    [InlineData("PutRecords", "", 400, "SerializationException")]
    [InlineData("PutRecords", "null", 400, "SerializationException")]
    [InlineData("PutRecords", "[]", 400, "SerializationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"", 400, "SerializationException")]
    [InlineData("PutRecords", "{\"StreamName\":17}", 400, "SerializationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"\\ud800\"}", 400, "SerializationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\",\"Records\":{}}", 400, "SerializationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"%%%\",\"PartitionKey\":\"k\"}]}", 400, "SerializationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\"}", 400, "ValidationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\",\"Records\":[]}", 400, "ValidationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\",\"Records\":[null]}", 400, "ValidationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\",\"Records\":[{\"PartitionKey\":\"k\"}]}", 400, "ValidationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"eA==\"}]}", 400, "ValidationException")]
    [InlineData("PutRecords", "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"\"}]}", 400, "ValidationException")]
    [InlineData("PutRecord", "{\"StreamName\":\"s\",\"Data\":\"eA==\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"-1\"}", 400, "InvalidArgumentException")]
    [InlineData("PutRecord", "{\"StreamName\":\"s\",\"Data\":\"eA==\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":\"340282366920938463463374607431768211456\"}", 400, "InvalidArgumentException")]
    [InlineData("PutRecord", "{\"StreamName\":\"none\",\"Data\":\"eA==\",\"PartitionKey\":\"k\"}", 400, "ResourceNotFoundException")]
    [InlineData("PutRecord", "{\"Data\":\"eA==\",\"PartitionKey\":\"k\"}", 400, "InvalidArgumentException")]
    [InlineData("PutRecord", "{\"StreamARN\":\"arn:aws:s3:::bucket\",\"Data\":\"eA==\",\"PartitionKey\":\"k\"}", 400, "ValidationException")]
    [InlineData("CreateStream", "{\"StreamName\":\"../../etc\",\"ShardCount\":1}", 400, "ValidationException")]
    [InlineData("CreateStream", "{\"StreamName\":\"t\",\"ShardCount\":0}", 400, "ValidationException")]
    [InlineData("CreateStream", "{\"StreamName\":\"t\",\"ShardCount\":1000000}", 400, "ValidationException")]
    [InlineData("CreateStream", "{\"StreamName\":\"t\",\"ShardCount\":1e99}", 400, "SerializationException")]
    [InlineData("CreateStream", "{\"StreamName\":\"t\"}", 400, "ValidationException")]
    [InlineData("GetRecords", "{\"ShardIterator\":\"AAAA\"}", 400, "InvalidArgumentException")]
    [InlineData("GetRecords", "{\"ShardIterator\":\"not base64\"}", 400, "InvalidArgumentException")]
    [InlineData("GetRecords", "{\"ShardIterator\":\"x\",\"Limit\":10001}", 400, "ValidationException")]
    [InlineData("GetRecords", "{}", 400, "ValidationException")]
    [InlineData("GetShardIterator", "{\"StreamName\":\"s\",\"ShardId\":\"shardId-000000000000\",\"ShardIteratorType\":\"SIDEWAYS\"}", 400, "ValidationException")]
    [InlineData("GetShardIterator", "{\"StreamName\":\"s\",\"ShardId\":\"shardId-000000000000\",\"ShardIteratorType\":\"AT_TIMESTAMP\"}", 400, "InvalidArgumentException")]
    [InlineData("GetShardIterator", "{\"StreamName\":\"s\",\"ShardId\":\"shardId-000000000000\",\"ShardIteratorType\":\"AT_TIMESTAMP\",\"Timestamp\":-5}", 400, "InvalidArgumentException")]
    [InlineData("GetShardIterator", "{\"StreamName\":\"s\",\"ShardId\":\"shardId-000000000000\",\"ShardIteratorType\":\"AT_SEQUENCE_NUMBER\",\"StartingSequenceNumber\":\"12\"}", 400, "InvalidArgumentException")]
    [InlineData("GetShardIterator", "{\"StreamName\":\"s\",\"ShardId\":\"shardId-99999999999999999999\",\"ShardIteratorType\":\"LATEST\"}", 400, "ResourceNotFoundException")]
    [InlineData("IncreaseStreamRetentionPeriod", "{\"StreamName\":\"s\",\"RetentionPeriodHours\":23}", 400, "InvalidArgumentException")]
    [InlineData("RegisterStreamConsumer", "{}", 400, "UnknownOperationException")]
    [InlineData("DynamoDB_20120810.PutItem", "{}", 400, "UnknownOperationException")]
    [InlineData(null, "{}", 400, "UnknownOperationException")]
    public async Task A_bad_request_is_answered_with_the_error_of_Kinesis(string? operation, string body, int status, string type)
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var answer = await kinesis.Post(operation, body);
        Assert.Equal((status, type), (answer.Status, answer.Type));
        Assert.True(answer.Body.GetProperty("message").GetString()!.Length > 10);
        Assert.True(Guid.TryParse(Assert.Single(answer.Headers.GetValues("x-amzn-RequestId")), out _));
        Assert.DoesNotContain(kinesis.Reports, line => line.Contains("bug", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_error_names_the_member_the_value_and_the_limit_but_no_payload()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var data = Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('x', (1 << 20) + 1)));
        var large = await kinesis.Post("PutRecords", $$"""{"StreamName":"s","Records":[{"Data":"eA==","PartitionKey":"k"},{"Data":"{{data}}","PartitionKey":"k"}]}""");
        Assert.Equal("ValidationException", large.Type);
        var message = large.Body.GetProperty("message").GetString()!;
        Assert.Contains("records.2.member.data", message, StringComparison.Ordinal);
        Assert.Contains("1048576", message, StringComparison.Ordinal);
        Assert.Contains("1048578 bytes", message, StringComparison.Ordinal);

        var broken = await kinesis.Post("PutRecords", "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"eA==\",\"PartitionKey\":\"k\",\"ExplicitHashKey\":[\"secret\"]}]}");
        Assert.Contains("$.Records[0].ExplicitHashKey", broken.Body.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", broken.Body.GetProperty("message").GetString(), StringComparison.Ordinal);

        var key = await kinesis.Post("PutRecord", $$"""{"StreamName":"s","Data":"eA==","PartitionKey":"{{new string('k', 257)}}"}""");
        Assert.Contains("length less than or equal to 256", key.Body.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_500_records_or_10_MiB_in_a_call_are_refused()
    {
        await using var kinesis = await LocalKinesis.Start(isThrottled: false, new InitialStream("s", 1));
        var tooMany = await kinesis.Post("PutRecords", $$"""{"StreamName":"s","Records":[{{string.Join(',', Enumerable.Repeat("""{"Data":"eA==","PartitionKey":"k"}""", 501))}}]}""");
        Assert.Equal("ValidationException", tooMany.Type);
        var record = $$"""{"Data":"{{Convert.ToBase64String(new byte[1_000_000])}}","PartitionKey":"k"}""";
        var fits = await kinesis.Post("PutRecords", $$"""{"StreamName":"s","Records":[{{string.Join(',', Enumerable.Repeat(record, 10))}}]}""");
        Assert.Equal(200, fits.Status);
        var tooLarge = await kinesis.Post("PutRecords", $$"""{"StreamName":"s","Records":[{{string.Join(',', Enumerable.Repeat(record, 11))}}]}""");
        Assert.Equal("InvalidArgumentException", tooLarge.Type);
        var beyond = await kinesis.Post("PutRecords", new byte[17 << 20]);
        Assert.Equal((413, "RequestEntityTooLargeException"), (beyond.Status, beyond.Type));
        Assert.Equal(10, (await kinesis.Read("s", "shardId-000000000000")).Count);
    }

    [Fact]
    public async Task Deep_nesting_is_refused_cheaply()
    {
        await using var kinesis = await LocalKinesis.Start();
        foreach (var open in (string[])["[", "{\"a\":"])
        {
            var answer = await kinesis.Post("ListStreams", "{\"x\":" + string.Concat(Enumerable.Repeat(open, 200_000)));
            Assert.Equal((400, "SerializationException"), (answer.Status, answer.Type));
        }
    }

    [Fact]
    public async Task Random_bytes_never_find_a_bug()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        const string valid = """{"StreamName":"s","Records":[{"Data":"eA==","PartitionKey":"k","ExplicitHashKey":"1"}],"Limit":1,"ShardIterator":"SQAA","NextToken":"s"}""";
        var bodies = Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Byte, Gen.Int[0, valid.Length], (at, value, length) =>
        {
            var bytes = Encoding.UTF8.GetBytes(valid);
            bytes[at] = value;
            return bytes[..Math.Max(length, at)];
        }).Array[60].Single();
        foreach (var body in bodies)
        {
            foreach (var operation in (string[])["PutRecords", "GetRecords", "ListShards"])
            {
                foreach (var type in (string[])["application/x-amz-json-1.1", "application/x-amz-cbor-1.1"])
                {
                    var answer = await kinesis.Post(operation, body, type);
                    Assert.True(answer.Status is 200 or 400, $"{answer.Status} for {operation} of {Convert.ToBase64String(body)}");
                }
            }
        }

        Assert.DoesNotContain(kinesis.Reports, line => line.Contains("bug", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_web_page_is_not_answered()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        var answer = await kinesis.Post("ListStreams", "{}"u8.ToArray(), "application/x-amz-json-1.1", ("Origin", "https://example.org"));
        Assert.Equal((403, "AccessDeniedException"), (answer.Status, answer.Type));
    }

    [Fact]
    public async Task A_caller_who_goes_away_in_the_middle_of_a_body_leaves_nothing_behind()
    {
        await using var kinesis = await LocalKinesis.Start(streams: new InitialStream("s", 1));
        for (var i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(kinesis.Uri.Host, kinesis.Uri.Port, TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync(
                "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Kinesis_20131202.PutRecords\r\nContent-Length: 1000000\r\n\r\n{\"StreamName\":"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        // More of them than large calls that are let in at once: the next large one still gets its turn.
        var data = Convert.ToBase64String(new byte[200_000]);
        var answer = await kinesis.Post("PutRecord", $$"""{"StreamName":"s","Data":"{{data}}","PartitionKey":"k"}""");
        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain(kinesis.Reports, line => line.Contains("bug", StringComparison.Ordinal));
    }
}
