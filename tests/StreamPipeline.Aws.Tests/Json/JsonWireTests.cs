using System.Text.Json;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using StreamPipeline.Aws.Kinesis;

namespace StreamPipeline.Aws.Tests.Json;

/// <summary>The wire format: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html</summary>
public sealed class JsonWireTests
{
    [Fact]
    public void A_request_has_what_is_set_and_nothing_else()
    {
        var puts = new PutRecordsRequest { StreamName = "s", Records = [new() { Data = new MemoryStream([1, 2, 3]), PartitionKey = "k" }] };
        Assert.Equal("""{"Records":[{"Data":"AQID","PartitionKey":"k"}],"StreamName":"s"}""", JsonSerializer.Serialize(puts, KinesisJson.Default.PutRecordsRequest));
        var iterator = new GetShardIteratorRequest
        {
            ShardIteratorType = ShardIteratorType.AT_TIMESTAMP,
            Timestamp = new DateTime(2026, 1, 2, 3, 4, 5, 678, 901, DateTimeKind.Utc),
        };
        Assert.Equal(
            """{"ShardIteratorType":"AT_TIMESTAMP","Timestamp":1767323045.678901}""",
            JsonSerializer.Serialize(iterator, KinesisJson.Default.GetShardIteratorRequest));
    }

    [Theory]
    [InlineData("1767323045.678", "2026-01-02T03:04:05.6780000Z")]
    [InlineData("1767323045", "2026-01-02T03:04:05.0000000Z")]
    [InlineData("1.767323045678E9", "2026-01-02T03:04:05.6780000Z")]
    [InlineData("-1.5", "1969-12-31T23:59:58.5000000Z")]
    public void A_timestamp_is_exact(string seconds, string time)
    {
        var record = Read($$$"""{"Records":[{"ApproximateArrivalTimestamp":{{{seconds}}},"Data":"","Unknown":{"a":[1]}}]}""").Records![0];
        Assert.Equal(time, record.ApproximateArrivalTimestamp!.Value.ToString("O"));
        Assert.Equal(0, record.Data!.Length);
    }

    [Fact]
    public void A_blob_gives_its_bytes_without_a_copy()
    {
        var data = Read("""{"Records":[{"Data":"AQID"}]}""").Records![0].Data!;
        Assert.True(data.TryGetBuffer(out var bytes));
        Assert.Equal("010203", Convert.ToHexString(bytes));
    }

    [Fact]
    public void A_name_that_is_newer_than_this_code_is_kept() =>
        Assert.Equal("QUANTUM", Read("""{"Records":[{"EncryptionType":"QUANTUM"}]}""").Records![0].EncryptionType!.Value);

    [Theory]
    [InlineData("""{"Records":[{"ApproximateArrivalTimestamp":1e18}]}""")]
    [InlineData("""{"Records":[{"ApproximateArrivalTimestamp":1e300}]}""")]
    [InlineData("""{"Records":[{"ApproximateArrivalTimestamp":"now"}]}""")]
    [InlineData("""{"Records":[{"Data":"not base64!"}]}""")]
    [InlineData("""{"Records":{}}""")]
    [InlineData("<html>gateway</html>")]
    [InlineData("")]
    public void What_is_not_the_protocol_is_an_error(string json) => Assert.ThrowsAny<JsonException>(() => Read(json));

    private static GetRecordsResponse Read(string json) => JsonSerializer.Deserialize(json, KinesisJson.Default.GetRecordsResponse)!;
}
