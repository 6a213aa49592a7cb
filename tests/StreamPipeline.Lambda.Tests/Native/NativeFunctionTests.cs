using Amazon.Kinesis.Model;
using StreamPipeline.Aws;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Aws.Retrying;
using StreamPipeline.Aws.S3;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Verification;
using StreamPipeline.Lambda.Tests.Runtime;
using StreamPipeline.Tests.Aws;

[assembly: AssemblyFixture(typeof(MotoFixture))]

namespace StreamPipeline.Lambda.Tests.Native;

/// <summary>The binary that is deployed, against the wire protocols of the services.</summary>
public sealed class NativeFunctionTests(MotoFixture moto) : IDisposable
{
    private readonly TemporaryPipeline _pipeline = new();

    public void Dispose() => _pipeline.Dispose();

    [Fact]
    public async Task Consume_fold_roll_and_vacuum_make_a_lake_in_S3_that_verifies()
    {
        var server = await moto.Server;
        var stream = moto.NewName("stream");
        using var kinesis = AwsClients.Kinesis(server.Clients);
        await kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = 2 }, TestContext.Current.CancellationToken);
        var bucket = await moto.NewBucket();
        var table = await moto.NewTable();
        (string, string)[] variables =
        [
            ("STREAMPIPELINE_TABLE", table), ("STREAMPIPELINE_BUCKET", bucket), ("STREAMPIPELINE_PREFIX", "lake"), ("STREAMPIPELINE_STREAM", stream),
            ("STREAMPIPELINE_PIPELINE", _pipeline.File),
        ];
        await using (var consume = new NativeFunction(await Binary.Path, "consume", server, variables))
        {
            foreach (var shard in new[] { "shardId-000000000000", "shardId-000000000001" })
            {
                for (var batch = 0; batch < 3; batch++)
                {
                    // Twenty of each batch's records are replays.
                    Assert.Equal("""{"batchItemFailures":[]}""", await consume.Invoke(LambdaEvents.Of(LambdaEvents.Batch(shard, 1 + (80 * batch), 100))));
                }
            }

            Assert.Contains(consume.Lines, line => line.Contains("\"WriteUnits\"", StringComparison.Ordinal));
        }

        foreach (var (function, expected) in new[] { ("fold", "\"silverRows\":520"), ("roll", "\"complete\":true,\"windows\":26"), ("vacuum", "\"complete\":true") })
        {
            await using var maintenance = new NativeFunction(await Binary.Path, function, server, variables);
            Assert.Contains(expected, await maintenance.Invoke("{}"u8.ToArray()), StringComparison.Ordinal);
        }

        var backoff = new Backoff(new RetrySettings(), TimeProvider.System, new Random(1));
        using var dynamo = AwsClients.DynamoDb(server.Clients);
        using var s3 = AwsClients.S3(server.Clients);
        var state = new DynamoDbStateStore(dynamo, table, "verify1", backoff);
        var objects = new S3ObjectStore(s3, new S3Location(bucket, "lake"), "verify1", backoff);
        var pipeline = SmallPipeline.Compile(SmallPipeline.Yaml().Replace("stream: s", $"stream: {stream}", StringComparison.Ordinal));
        var report = await new Verify(pipeline, state, objects, new StreamCatalog(state, stream, new CountedAttempts("v"))).Run(progress: null, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(report.Checks, check => !check.IsOk);
        Assert.Equal(520, report.Checks.Single(check => check.Name == "silver rows").Found);
    }

    /// <summary>X-Ray joins the calls to the invocation by this header. The SDK adds it in a Lambda function, from the variable that the runtime loop sets each time.</summary>
    [Fact]
    public async Task Every_call_to_AWS_carries_the_trace_of_the_invocation_that_makes_it()
    {
        var server = await moto.Server;
        var stream = moto.NewName("trace");
        using var kinesis = AwsClients.Kinesis(server.Clients);
        await kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = 2 }, TestContext.Current.CancellationToken);
        await using var proxy = await FaultProxy.Start(server.Address, _ => ProxyFault.None);
        await using var consume = new NativeFunction(
            await Binary.Path,
            "consume",
            server,
            ("AWS_ENDPOINT_URL", proxy.Address.ToString()),
            ("STREAMPIPELINE_TABLE", await moto.NewTable()),
            ("STREAMPIPELINE_BUCKET", await moto.NewBucket()),
            ("STREAMPIPELINE_STREAM", stream),
            ("STREAMPIPELINE_PIPELINE", _pipeline.File));
        for (var batch = 0; batch < 3; batch++)
        {
            var trace = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Root=1-5759e988-bd862e3fe1be46a99427279{batch};Parent=53995c3f42cd8ad{batch};Sampled=1");
            proxy.Calls.Clear();
            Assert.Equal("{\"batchItemFailures\":[]}", await consume.Invoke(LambdaEvents.Of(LambdaEvents.Batch("shardId-000000000000", 1 + (100 * batch), 100)), trace));
            var calls = proxy.Calls.Select(entry => entry.Call).ToList();
            Assert.Superset(new HashSet<string>(batch == 0 ? ["dynamodb", "kinesis", "s3"] : ["dynamodb", "s3"]), calls.Select(call => call.Service).ToHashSet());
            Assert.All(calls, call => Assert.Equal((call.Operation, trace), (call.Operation, call.Trace)));
        }
    }

    [Fact]
    public async Task A_configuration_mistake_is_an_init_error_of_the_binary_too()
    {
        await using var function = new NativeFunction(await Binary.Path, "consume", await moto.Server, ("STREAMPIPELINE_PIPELINE", _pipeline.File), ("STREAMPIPELINE_PARALLELIZATION_FACTOR", "2"));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(function.WarmUp);
        Assert.Contains("3 problems", error.Message, StringComparison.Ordinal);
        Assert.Contains("only 1 is right", error.Message, StringComparison.Ordinal);
    }
}
