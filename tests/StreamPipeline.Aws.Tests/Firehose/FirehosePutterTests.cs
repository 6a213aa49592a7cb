using System.Text;
using System.Text.Json.Nodes;
using StreamPipeline.Aws.Firehose;
using StreamPipeline.Aws.Putting;
using StreamPipeline.Tests.Aws;
using Record = Amazon.KinesisFirehose.Model.Record;

namespace StreamPipeline.Aws.Tests.Firehose;

public sealed class FirehosePutterTests(MotoFixture moto)
{
    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public async Task All_records_land_in_S3_though_calls_and_records_fail()
    {
        var bucket = await moto.NewBucket();
        var stream = await NewDeliveryStream(bucket);
        var faults = new Queue<ProxyFault>([ProxyFault.Partial, ProxyFault.Throttled, ProxyFault.ServerError, ProxyFault.Partial, ProxyFault.LostAnswer, ProxyFault.Partial]);
        await using var proxy = await FaultProxy.Start((await moto.Server).Address, _ => faults.TryDequeue(out var fault) ? fault : ProxyFault.None);
        using var firehose = AwsClients.Firehose(MotoServer.ClientsOf(proxy.Address) with { RetriesMax = 0 });
        var lines = Enumerable.Range(0, 1_200).Select(i => $"line {i:0000}\n").ToList();
        var outcome = await new FirehosePutter(firehose, stream, Patience.Short(attempts: 50))
            .Put([.. lines.Select(line => new Record { Data = new MemoryStream(Encoding.UTF8.GetBytes(line)) })], Never);
        Assert.Equal(1_200, outcome.Records);
        Assert.Equal(3, proxy.Counts[ProxyFault.Partial]);
        Assert.Equal(lines, (await Landed(bucket)).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Calls_hold_at_most_500_records_and_four_mebibytes()
    {
        var stream = await NewDeliveryStream(await moto.NewBucket());
        using var firehose = AwsClients.Firehose((await moto.Server).Clients);
        var putter = new FirehosePutter(firehose, stream, Patience.Short());
        var large = Enumerable.Range(0, 6).Select(_ => new Record { Data = new MemoryStream(new byte[FirehosePutter.RecordBytesMax]) }).ToList();
        Assert.Equal(new PutOutcome(6, 6 * 1_024_000, 2, 0), await putter.Put(large, Never));
        var small = Enumerable.Range(0, 501).Select(_ => new Record { Data = new MemoryStream(new byte[1]) }).ToList();
        Assert.Equal(new PutOutcome(501, 501, 2, 0), await putter.Put(small, Never));
        Assert.Equal(new PutOutcome(0, 0, 0, 0), await putter.Put([], Never));
    }

    [Fact]
    public async Task A_record_beyond_the_limit_and_a_stream_that_does_not_exist_are_named()
    {
        using var firehose = AwsClients.Firehose((await moto.Server).Clients);
        var putter = new FirehosePutter(firehose, "no-such-stream", Patience.Short());
        var size = await Assert.ThrowsAsync<ArgumentException>(async () => await putter.Put([new Record { Data = new MemoryStream(new byte[1_024_001]) }], Never));
        Assert.Equal("record 0 for delivery stream 'no-such-stream' has 1,024,001 bytes; at most 1,024,000 are allowed", size.Message);
        var missing = await Assert.ThrowsAsync<IOException>(async () => await putter.Put([new Record { Data = new MemoryStream(new byte[1]) }], Never));
        Assert.StartsWith("cannot put records to delivery stream 'no-such-stream': ResourceNotFoundException: ", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_throttle_without_end_says_how_many_records_were_not_taken()
    {
        await using var proxy = await FaultProxy.Start((await moto.Server).Address, _ => ProxyFault.Throttled);
        using var firehose = AwsClients.Firehose(MotoServer.ClientsOf(proxy.Address) with { RetriesMax = 0 });
        var error = await Assert.ThrowsAsync<RecordsNotPutException>(
            async () => await new FirehosePutter(firehose, "bronze", Patience.Short(attempts: 3)).Put([new Record { Data = new MemoryStream(new byte[1]) }], Never));
        Assert.StartsWith("1 of 1 records were not taken by delivery stream 'bronze': record 0 was turned away 3 times; in the last call: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("ServiceUnavailableException: Slow down.", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The client has no control plane; one unsigned call to moto does it.</summary>
    private async Task<string> NewDeliveryStream(string bucket)
    {
        var name = moto.NewName("bronze");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, (await moto.Server).Address);
        request.Headers.Add("X-Amz-Target", "Firehose_20150804.CreateDeliveryStream");
        request.Headers.TryAddWithoutValidation("Authorization", "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/firehose/aws4_request, SignedHeaders=host, Signature=0");
        request.Content = new StringContent(new JsonObject
        {
            ["DeliveryStreamName"] = name,
            ["ExtendedS3DestinationConfiguration"] = new JsonObject { ["BucketARN"] = $"arn:aws:s3:::{bucket}", ["RoleARN"] = "arn:aws:iam::123456789012:role/test" },
        }.ToJsonString());
        request.Content.Headers.ContentType = new("application/x-amz-json-1.1");
        using var response = await http.SendAsync(request, Never);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Never));
        return name;
    }

    private async Task<List<string>> Landed(string bucket)
    {
        using var s3 = AwsClients.S3((await moto.Server).Clients);
        var store = new Aws.S3.S3ObjectStore(s3, new S3Location(bucket, ""), moto.NewName("instance"), Patience.Short());
        var lines = new List<string>();
        await foreach (var item in store.List("", Never))
        {
            lines.AddRange(Encoding.UTF8.GetString((await store.Get(item.Key, Never))!).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line + "\n"));
        }

        return lines;
    }
}
