using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Lambda;
using StreamPipeline.Lambda.Configuration;
using StreamPipeline.Lambda.Telemetry;
using StreamPipeline.Sam.Tests.Rules;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests;

/// <summary>The template and the functions' code agree: on settings, metrics and calls.</summary>
public sealed partial class CodeTests(TransformedTemplate transformed)
{
    /// <summary>Requests that the code makes → the actions they need (Service Authorization Reference). Null: part of another request.</summary>
    private static readonly Dictionary<string, string[]?> ActionsOf = new()
    {
        ["BatchWriteItemRequest"] = ["dynamodb:BatchWriteItem"],
        ["GetItemRequest"] = ["dynamodb:GetItem"],
        ["PutItemRequest"] = ["dynamodb:PutItem"],
        ["QueryRequest"] = ["dynamodb:Query"],
        ["TransactWriteItemsRequest"] = ["dynamodb:PutItem"],
        ["DeleteRequest"] = null,
        ["PutRequest"] = null,
        ["WriteRequest"] = null,
        ["AbortMultipartUploadRequest"] = ["s3:AbortMultipartUpload"],
        ["CompleteMultipartUploadRequest"] = ["s3:PutObject"],
        ["CopyObjectRequest"] = ["s3:GetObject", "s3:PutObject"],
        ["DeleteObjectRequest"] = ["s3:DeleteObject"],
        ["GetObjectMetadataRequest"] = ["s3:GetObject"],
        ["GetObjectRequest"] = ["s3:GetObject"],
        ["InitiateMultipartUploadRequest"] = ["s3:PutObject"],
        ["ListObjectsV2Request"] = ["s3:ListBucket"],
        ["PutObjectRequest"] = ["s3:PutObject"],
        ["UploadPartRequest"] = ["s3:PutObject"],
        ["PutRecordBatchRequest"] = ["firehose:PutRecordBatch"],
        ["ListShardsRequest"] = ["kinesis:ListShards"],
    };

    /// <summary>What a role allows for Lambda and the key, not for a call of the code: the mapping reads the stream, logs, traces and failures are written as the function.</summary>
    private static readonly string[] ForLambda =
    [
        "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:SubscribeToShard", "sqs:SendMessage",
        "kms:Decrypt", "kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ];

    [Fact]
    public async Task What_the_code_calls_is_allowed_and_nothing_else()
    {
        var template = await transformed.Load();
        var calls = new[] { "StreamPipeline.Aws/DynamoDb", "StreamPipeline.Aws/S3", "StreamPipeline.Aws/Firehose", "StreamPipeline.Lambda" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => NewRequest().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .ToHashSet();
        var needed = calls.SelectMany(call =>
        {
            Assert.True(ActionsOf.TryGetValue(call, out var actions), $"the code makes a {call}: say which action it needs, and allow it in the template");
            return actions ?? [];
        }).ToHashSet();

        var allowed = template.Of("AWS::Lambda::Function")
            .SelectMany(function => Statement.OfRole(template, template[template.Value(function["Role"])!.Split(' ', '.')[1]]))
            .SelectMany(statement => statement.Actions).ToHashSet();

        Assert.Equal(needed.Order(StringComparer.Ordinal), allowed.Except(ForLambda).Order(StringComparer.Ordinal));
        Assert.Superset(ForLambda.ToHashSet(), allowed);
    }

    [Fact]
    public async Task Each_function_starts_with_the_environment_that_it_gets()
    {
        var template = await transformed.Load();
        foreach (var function in template.Of("AWS::Lambda::Function"))
        {
            var problems = new ProblemList();
            var settings = FunctionSettings.Read(name => Variable(template, function, name), [Compose.Consume, Compose.Fold, Compose.Roll, Compose.Vacuum], problems);

            Assert.Empty(problems.Items);
            Assert.Equal(template.Value(function["Handler"]), settings.Function);
            Assert.Equal("/var/task/pipeline/pipeline.yaml", settings.PipelineFile);
            Assert.Equal("flights", settings.Stream);
            Assert.Equal(function.Name == "ConsumeFunction" ? "streampipeline-bronze" : null, settings.DeliveryStream);
        }
    }

    [Fact]
    public async Task A_parallelization_factor_that_somebody_raises_keeps_the_consumer_from_starting()
    {
        var template = await transformed.Load();
        template.Json["Mappings"]!["Lane"]!["Shard"]!["ParallelizationFactor"] = 2;
        var problems = new ProblemList();

        FunctionSettings.Read(name => Variable(template, template["ConsumeFunction"], name), [Compose.Consume], problems);

        Assert.Contains("STREAMPIPELINE_PARALLELIZATION_FACTOR", Assert.Single(problems.Items).ToString(), StringComparison.Ordinal);
        Assert.Contains(MappingRules.Check(template), problem => problem.Contains("ParallelizationFactor is 2 instead of 1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("my-stream_1", true)]
    [InlineData("my.stream", false)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123", true)]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234", false)]
    public async Task A_stream_name_that_the_template_takes_is_one_that_the_functions_take(string stream, bool isTaken)
    {
        var template = await transformed.Load();
        var problems = new ProblemList();
        FunctionSettings.Read(name => name == "STREAMPIPELINE_STREAM" ? stream : Variable(template, template["FoldFunction"], name), [Compose.Fold], problems);

        Assert.Equal(isTaken, !problems.Any);
        Assert.Equal(isTaken, Regex.IsMatch(stream, $"^({template.Parameters["StreamName"]!["AllowedPattern"]})$"));
    }

    [Fact]
    public void The_metrics_that_alarms_watch_are_the_ones_that_the_consumer_writes()
    {
        using var line = new MemoryStream();
        var metrics = new BatchMetrics("flights", "consume", TimeProvider.System);
        metrics.Begin();
        metrics.Committed(new(default, 0, new() { Attempt = "a", Generation = 1, Score = 1 }), head: null);
        metrics.Write(line, "request", writeUnits: 1);

        var directive = JsonNode.Parse(line.ToArray())!["_aws"]!["CloudWatchMetrics"]![0]!;
        var written = directive["Metrics"]!.AsArray().Select(metric => (string)metric!["Name"]!).ToHashSet();
        Assert.Equal("""[["Stream"]]""", directive["Dimensions"]!.ToJsonString());
        Assert.Superset(AlarmRules.Own((string)directive["Namespace"]!).ToHashSet(), written);
    }

    private static string? Variable(Template template, Resource function, string name) => name switch
    {
        "_HANDLER" => template.Value(function["Handler"]),
        "LAMBDA_TASK_ROOT" => "/var/task",
        _ => template.Value(function["Environment"]!["Variables"]![name]) switch
        {
            "Ref Stream" => "flights",
            "Ref StateTable" => "streampipeline-StateTable-NTACM2OYVQFJ",
            "Ref LakeBucket" => "streampipeline-lakebucket-4ex58wcu6uoe",
            "Ref BronzeDelivery" => "streampipeline-bronze",
            var value => value,
        },
    };

    [GeneratedRegex(@"new (?:[A-Za-z]+\.)*([A-Za-z0-9]+Request)\b")]
    private static partial Regex NewRequest();
}
