using System.Text.Json.Nodes;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests;

/// <summary>
/// The transformed template on moto's CloudFormation, over HTTP. moto makes what it knows and skips the rest without a word, types and properties
/// (TTL, recovery, encryption of the stream, public access, tracing, architecture): those are judged in the template, by <see cref="TemplateTests"/>.
/// </summary>
public sealed class DeploymentTests(TransformedTemplate transformed, ITestOutputHelper output) : IDisposable
{
    /// <summary>What moto 5.2.1 does not make. A type that leaves or joins the list fails the test.</summary>
    private static readonly string[] NotMade =
    [
        "AWS::CloudWatch::Alarm", "AWS::KinesisFirehose::DeliveryStream", "AWS::Lambda::EventInvokeConfig", "AWS::Logs::LogStream",
        "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sam-tests-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_stack_is_created_with_its_defaults()
    {
        var template = await transformed.Load();
        var stack = await Deploy(template);

        Assert.Equal("CREATE_COMPLETE", (string?)stack["status"]);
        var made = stack["resources"]!.AsObject().Where(resource => resource.Key.Length > 0).ToDictionary(resource => resource.Key, resource => (string)resource.Value!["type"]!);
        var skipped = template.Resources.Where(resource => !made.ContainsKey(resource.Name)).ToList();
        output.WriteLine($"made: {string.Join(", ", made.Values.CountBy(type => type).OrderBy(type => type.Key, StringComparer.Ordinal))}");
        output.WriteLine($"not made by moto: {string.Join(", ", skipped.CountBy(resource => resource.Type))}");
        Assert.Equal(NotMade, skipped.Select(resource => resource.Type).Distinct().Order(StringComparer.Ordinal));
        Assert.All(template.Resources.Except(skipped), resource => Assert.Equal(resource.Type, made[resource.Name]));

        Assert.Equal("flights", (string?)stack["stream"]!["StreamName"]);
        Assert.Equal(168, (int?)stack["stream"]!["RetentionPeriodHours"]);
        Assert.Equal(["pk HASH", "sk RANGE"], stack["table"]!["KeySchema"]!.AsArray().Select(key => $"{key!["AttributeName"]} {key["KeyType"]}"));
        Assert.Equal("PAY_PER_REQUEST", (string?)stack["table"]!["BillingModeSummary"]!["BillingMode"]);
        Assert.True((bool)stack["rotation"]!);
        Assert.Equal(["aws:kms", "aws:kms", "AES256"], new[] { "LakeBucket", "FailureBucket", "LogBucket" }.Select(name =>
            (string?)stack["buckets"]![name]![0]!["ApplyServerSideEncryptionByDefault"]!["SSEAlgorithm"]));
        Assert.Equal(Id(stack, "Key"), ((string)stack["queue"]!["KmsMasterKeyId"]!).Split('/')[^1]);
        Assert.Equal(5, stack["logs"]!.AsObject().Count(logs => (int?)logs.Value == 30));
        Assert.Equal(Id(stack, "LakeBucket"), ((string)stack["outputs"]!["Lake"]!).Split('/')[2]);
        Assert.Equal($"dynamodb://{Id(stack, "StateTable")}", (string?)stack["outputs"]!["State"]);
        Assert.Null(stack["concurrency"]);

        foreach (var (name, function) in stack["functions"]!.AsObject())
        {
            var environment = function!["Environment"]!["Variables"]!;
            Assert.Equal(Id(stack, "StateTable"), (string?)environment["STREAMPIPELINE_TABLE"]);
            Assert.Equal(Id(stack, "LakeBucket"), (string?)environment["STREAMPIPELINE_BUCKET"]);
            Assert.Equal("flights", (string?)environment["STREAMPIPELINE_STREAM"]);
            Assert.Null(environment["STREAMPIPELINE_MASK_KEY"]);
            Assert.Equal(Id(stack, name.Replace("Function", "Role", StringComparison.Ordinal)), ((string)function["Role"]!).Split('/')[^1]);
        }
    }

    [Fact]
    public async Task The_mapping_reads_the_stream_into_the_consumer()
    {
        var stack = await Deploy(await transformed.Load());

        var mapping = Assert.Single(stack["mappings"]!.AsArray())!;
        Assert.Equal("Enabled", (string?)mapping["State"]);
        Assert.EndsWith(":stream/flights", (string?)mapping["EventSourceArn"], StringComparison.Ordinal);
        Assert.EndsWith(":function:streampipeline-consume", (string?)mapping["FunctionArn"], StringComparison.Ordinal);
        Assert.Equal(1, (int?)mapping["ParallelizationFactor"]);
        Assert.Equal("1", stack["functions"]!["ConsumeFunction"]!["Environment"]!["Variables"]!["STREAMPIPELINE_PARALLELIZATION_FACTOR"]!.ToString());
        Assert.Equal(10_000, (int?)mapping["BatchSize"]);
        Assert.Equal(100, (int?)mapping["MaximumRetryAttempts"]);
        Assert.Equal(86_400, (int?)mapping["MaximumRecordAgeInSeconds"]);
        Assert.True((bool)mapping["BisectBatchOnFunctionError"]!);
        Assert.Equal($"arn:aws:s3:::{Id(stack, "FailureBucket")}", (string?)mapping["DestinationConfig"]!["OnFailure"]!["Destination"]);
        Assert.Equal("""["ReportBatchItemFailures"]""", mapping["FunctionResponseTypes"]!.ToJsonString());
    }

    [Fact]
    public async Task Parameters_reach_what_they_are_for()
    {
        var stack = await Deploy(
            await transformed.Load(), "StreamName=orders", "StreamMode=PROVISIONED", "ShardCount=3", "RetentionHours=48", "ConsumeConcurrency=5", "LakePrefix=lake/",
            "BatchSize=500", "BatchingWindowSeconds=2", "LogRetentionDays=7", "MaskKeySecretArn=arn:aws:secretsmanager:eu-central-1:111122223333:secret:mask-AbCdEf");

        Assert.Equal("CREATE_COMPLETE", (string?)stack["status"]);
        Assert.Equal("orders", (string?)stack["stream"]!["StreamName"]);
        Assert.Equal(3, (int?)stack["stream"]!["OpenShardCount"]);
        Assert.Equal(48, (int?)stack["stream"]!["RetentionPeriodHours"]);
        Assert.Equal(5, (int?)stack["concurrency"]);
        Assert.Equal(500, (int?)stack["mappings"]![0]!["BatchSize"]);
        Assert.Equal(2, (int?)stack["mappings"]![0]!["MaximumBatchingWindowInSeconds"]);
        Assert.All(stack["logs"]!.AsObject(), logs => Assert.Equal(7, (int?)logs.Value));
        Assert.EndsWith("/lake/", (string?)stack["outputs"]!["Lake"], StringComparison.Ordinal);
        Assert.All(stack["functions"]!.AsObject(), function => Assert.Equal(
            "{{resolve:secretsmanager:arn:aws:secretsmanager:eu-central-1:111122223333:secret:mask-AbCdEf:SecretString}}",
            (string?)function.Value!["Environment"]!["Variables"]!["STREAMPIPELINE_MASK_KEY"]));
        var staged = stack["policies"]!["ConsumeRole"]!["consume"]!["Statement"]!.AsArray().Single(statement => (string?)statement!["Sid"] == "StagedAndOversizedBronze")!;
        Assert.Equal($"arn:aws:s3:::{Id(stack, "LakeBucket")}/lake/_staged/orders/*", (string?)staged["Resource"]![0]);
    }

    private async Task<JsonNode> Deploy(Template template, params IEnumerable<string> parameters)
    {
        var file = Path.Combine(_folder.FullName, "template.json");
        await File.WriteAllTextAsync(file, template.Json.ToJsonString(), TestContext.Current.CancellationToken);
        return JsonNode.Parse(await ToolRun.Succeeding("python3", [
            Repository.Script("deploy.py"), file, TransformedTemplate.Region, TransformedTemplate.CodeBucket, TransformedTemplate.CodeKey, .. parameters]))!;
    }

    private static string? Id(JsonNode stack, string resource) => (string?)stack["resources"]![resource]!["id"];
}
