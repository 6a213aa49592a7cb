using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using StreamPipeline.Aws;
using StreamPipeline.Embedded.Lambda;
using StreamPipeline.Lambda.Tests.Native;
using StreamPipeline.Sam.Tests.Tools;
using StreamPipeline.Tests;
using StreamPipeline.Tests.Aws;

namespace StreamPipeline.EndToEnd.Tests;

/// <summary>
/// The deployment without an account: what the template makes on moto (state table, lake), bronze through moto's Firehose, the native binary as the consumer
/// of a kinesis-local stream that is split and merged in mid-stream, and a proxy before all of them that makes calls fail. In the end every count is right.
/// </summary>
public sealed class DeploymentRunTests(ITestOutputHelper output, TransformedTemplate template) : IDisposable
{
    private const string Stream = "flights";
    private const string DeliveryStream = "bronze";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("streampipeline-deployment-");
    private readonly string _pipeline = Path.Combine(StreamPipeline.Sam.Tests.Tools.Repository.Root, "events", "flights", "pipeline.yaml");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact(Timeout = 480_000)]
    public async Task The_flights_stream_goes_through_the_deployment_with_a_split_a_merge_and_faults_and_every_count_is_right()
    {
        await using var moto = await MotoServer.Start();
        await using var local = await KinesisLocal.Start();
        var seed = Environment.TickCount;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed of the faults: {seed}"));
        await using var services = await FaultProxy.Start(moto.Address, new FaultMix(seed, rate: 0.1, perCallMax: 2).Choose, seed);
        var mix = new FaultMix(seed + 1, rate: 0.1, perCallMax: 2);
        await using var kinesis = await FaultProxy.Start(local.Uri, call => Once(call, mix.Choose(call)), seed);
        var binary = await Binary.Path;
        var stack = await Deploy(moto.Address);
        var environment = EnvironmentOf(services.Address, kinesis.Address);
        string[] lake = ["--lake", $"s3://{Id(stack, "LakeBucket")}", "--state", $"dynamodb://{Id(stack, "StateTable")}"];

        using var client = AwsClients.Kinesis(MotoServer.ClientsOf(local.Uri));
        var shards = new Shards(client, Stream);
        await shards.Create(2);
        var parts = Parts(3);
        string[] run = ["run", "--pipeline", _pipeline, "--input", $"kinesis://{Stream}", "--endpoint-url", kinesis.Address.ToString(), .. lake, "--function", binary, "--keep-open", "--output", "json"];
        var counted = new long[5];
        for (var part = 0; part < parts.Length; part++)
        {
            await Command.Run(environment, "put", "--stream", Stream, "--input", parts[part], "--pipeline", _pipeline, "--endpoint-url", kinesis.Address.ToString(), "--aggregate", "--unpaced");
            Add(counted, JsonNode.Parse(await Command.Run(environment, run))!);
            await (part switch { 0 => shards.Split(), 1 => shards.Merge(), _ => Task.CompletedTask });
        }

        Assert.Equal(5, await shards.Count());
        await Maintain(binary, environment, stack, "fold", "roll");
        var again = JsonNode.Parse(await Command.Run(environment, run))!;

        var expected = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(_pipeline)!, "expected.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(
            (Number(expected, "lines"), Number(expected, "silver"), Number(expected, "duplicates"), Number(expected, "quarantined")),
            (counted[0], counted[1], counted[2], counted[3]));
        Assert.Equal(0, Number(again, "records"));
        await Command.Run(environment, ["verify", "--pipeline", _pipeline, .. lake]);
        var silver = JsonNode.Parse(await Command.Run(
            environment,
            ["query", .. lake, "--output", "json", "select count(*) as n, sum(delay)::bigint as delay, sum(distance)::bigint as distance, count(distinct flight_id) as keys from silver.flights"]))![0]!;
        Assert.Equal(
            (Number(expected, "silver"), Number(expected, "sum_delay"), Number(expected, "sum_distance"), Number(expected, "silver")),
            (Number(silver, "n"), Number(silver, "delay"), Number(silver, "distance"), Number(silver, "keys")));
        var faults = services.Counts.Concat(kinesis.Counts).Where(fault => fault.Key != ProxyFault.None).ToList();
        output.WriteLine($"faults: {string.Join(", ", faults.Select(fault => $"{fault.Key} {fault.Value}"))}");
        Assert.True(faults.Sum(fault => fault.Value) > 20, "the proxy made too few calls fail for this to mean anything");
    }

    /// <summary>What is put twice because its answer got lost is in the stream twice: the producer's copies are counted, and would not be the expected ones.</summary>
    private static ProxyFault Once(ProxiedCall call, ProxyFault fault) =>
        fault == ProxyFault.LostAnswer && call.Operation is "PutRecords" or "PutRecord" && fault == ProxyFault.LostAnswer ? ProxyFault.Throttled : fault;

    private async Task<JsonNode> Deploy(Uri moto)
    {
        var file = Path.Combine(_folder.FullName, "template.json");
        await File.WriteAllTextAsync(file, (await template.Load()).Json.ToJsonString(), TestContext.Current.CancellationToken);
        var stack = JsonNode.Parse(await ToolRun.Succeeding(
            "python3",
            [StreamPipeline.Sam.Tests.Tools.Repository.Script("deploy.py"), file, TransformedTemplate.Region, TransformedTemplate.CodeBucket, TransformedTemplate.CodeKey],
            new Dictionary<string, string> { ["MOTO_URL"] = moto.ToString() }))!;

        // The one part of it that moto's CloudFormation does not make.
        await ToolRun.Succeeding(
            "python3",
            ["-c", $"""
                import boto3
                boto3.client("firehose", endpoint_url="{moto}", region_name="{TransformedTemplate.Region}", aws_access_key_id="testing", aws_secret_access_key="testing").create_delivery_stream(
                    DeliveryStreamName="{DeliveryStream}",
                    ExtendedS3DestinationConfiguration=dict(
                        RoleARN="arn:aws:iam::123456789012:role/delivery", BucketARN="arn:aws:s3:::{Id(stack, "LakeBucket")}", Prefix="bronze/{Stream}/", CompressionFormat="GZIP"))
                """]);
        return stack;
    }

    /// <summary>The other functions of the same binary, as the schedules call them.</summary>
    private async Task Maintain(string binary, IReadOnlyDictionary<string, string> environment, JsonNode stack, params IEnumerable<string> functions)
    {
        foreach (var function in functions)
        {
            ProcessStartInfo Start()
            {
                var start = new ProcessStartInfo(binary);
                foreach (var (name, value) in environment)
                {
                    start.Environment[name] = value;
                }

                start.Environment["_HANDLER"] = function;
                start.Environment["STREAMPIPELINE_PIPELINE"] = _pipeline;
                start.Environment["STREAMPIPELINE_TABLE"] = Id(stack, "StateTable");
                start.Environment["STREAMPIPELINE_BUCKET"] = Id(stack, "LakeBucket");
                return start;
            }

            await using var processes = new FunctionProcesses(Start, TimeSpan.FromMinutes(2), TimeProvider.System, output.WriteLine);
            var answer = await processes.For(function)("{}"u8.ToArray(), TestContext.Current.CancellationToken);
            output.WriteLine($"{function}: {System.Text.Encoding.UTF8.GetString(answer.Span)}");
        }
    }

    private static Dictionary<string, string> EnvironmentOf(Uri services, Uri kinesis) => new()
    {
        ["AWS_ACCESS_KEY_ID"] = "testing",
        ["AWS_SECRET_ACCESS_KEY"] = "testing",
        ["AWS_REGION"] = TransformedTemplate.Region,
        ["AWS_ENDPOINT_URL"] = services.ToString(),
        ["AWS_ENDPOINT_URL_KINESIS"] = kinesis.ToString(),
        ["STREAMPIPELINE_FIREHOSE"] = DeliveryStream,
    };

    /// <summary>The stream cut in so many pieces, in order.</summary>
    private string[] Parts(int count)
    {
        using var file = File.OpenRead(Path.Combine(Path.GetDirectoryName(_pipeline)!, "flights.ndjson.gz"));
        using var text = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var lines = text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var parts = new string[count];
        for (var part = 0; part < count; part++)
        {
            parts[part] = Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"part-{part}.ndjson"));
            File.WriteAllText(parts[part], string.Join('\n', lines[(lines.Length * part / count)..(lines.Length * (part + 1) / count)]) + "\n");
        }

        return parts;
    }

    private static void Add(long[] counted, JsonNode result)
    {
        string[] names = ["records", "silver", "duplicates", "quarantined", "late"];
        for (var i = 0; i < names.Length; i++)
        {
            counted[i] += Number(result, names[i]);
        }
    }

    private static string Id(JsonNode stack, string resource) => (string)stack["resources"]![resource]!["id"]!;

    private static long Number(JsonNode node, string name) => node[name]!.GetValue<long>();
}
