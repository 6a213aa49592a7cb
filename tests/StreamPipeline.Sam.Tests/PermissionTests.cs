using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using StreamPipeline.Embedded.Lambda;
using StreamPipeline.Sam.Tests.Tools;

namespace StreamPipeline.Sam.Tests;

/// <summary>The functions run as the roles that the template gives them, on a moto that refuses what a role does not allow.</summary>
public sealed class PermissionTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly TransformedTemplate _transformed;
    private readonly ITestOutputHelper _output;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sam-tests-");

    public PermissionTests(TransformedTemplate transformed, ITestOutputHelper output)
    {
        (_transformed, _output) = (transformed, output);
        var pipeline = _folder.CreateSubdirectory("pipeline");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "events", "flights")))
        {
            File.Copy(file, Path.Combine(pipeline.FullName, Path.GetFileName(file)));
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Each_function_does_its_work_with_its_role()
    {
        using var stack = await AuthorisedStack.Deploy(await Write(await _transformed.Load()));

        // The second process is a cold one, and its events close the windows of the first one's.
        Assert.Equal("""{"batchItemFailures":[]}""", await Run(stack, "ConsumeFunction", Events(0, 50)));
        Assert.Equal("""{"batchItemFailures":[]}""", await Run(stack, "ConsumeFunction", Events(5_000, 50)));
        Assert.Contains("\"complete\":true", await Run(stack, "FoldFunction", "{}"), StringComparison.Ordinal);
        Assert.Contains("\"complete\":true", await Run(stack, "RollFunction", "{}"), StringComparison.Ordinal);
        Assert.Contains("\"complete\":true", await Run(stack, "VacuumFunction", "{}"), StringComparison.Ordinal);

        var (allowed, refused) = await stack.Calls();
        _output.WriteLine(string.Join('\n', allowed));
        Assert.Empty(refused);
        Assert.Contains(allowed, call => call.StartsWith("ConsumeRole firehose:PutRecordBatch", StringComparison.Ordinal));
        Assert.Contains(allowed, call => call.StartsWith("ConsumeRole dynamodb:Query", StringComparison.Ordinal));
        Assert.Contains(allowed, call => call.StartsWith("FoldRole s3:PutObject", StringComparison.Ordinal) && call.Contains("/silver/flights/data/", StringComparison.Ordinal));
        Assert.Contains(allowed, call => call.StartsWith("RollRole s3:PutObject", StringComparison.Ordinal) && call.Contains("/gold/delays_by_origin/data/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_permission_that_is_missing_is_noticed()
    {
        var template = await _transformed.Load();
        var state = template["ConsumeRole"]["Policies"]![0]!["PolicyDocument"]!["Statement"]!.AsArray().Single(statement => (string?)statement!["Sid"] == "State")!;
        state["Action"] = new JsonArray("dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:Query");
        using var stack = await AuthorisedStack.Deploy(await Write(template));

        Assert.NotEqual("""{"batchItemFailures":[]}""", await Run(stack, "ConsumeFunction", Events(0, 5)));
        Assert.Contains((await stack.Calls()).Refused, call => call.StartsWith("ConsumeRole dynamodb:PutItem", StringComparison.Ordinal));
    }

    private async Task<string> Run(AuthorisedStack stack, string function, params IEnumerable<string> events)
    {
        var lines = new StringBuilder();
        await using var host = RuntimeApiHost.Start(
            address => FunctionProcess.Start(
                stack.Program(function, _folder.FullName),
                address,
                line =>
                {
                    lock (lines)
                    {
                        lines.AppendLine(line);
                    }
                }),
            TimeProvider.System);
        var answer = "";
        foreach (var payload in events)
        {
            var (body, isError) = await host.Invoke(Encoding.UTF8.GetBytes(payload), Timeout, traceId: null, TestContext.Current.CancellationToken);
            answer = Encoding.UTF8.GetString(body.Span);
            if (isError)
            {
                _output.WriteLine(lines.ToString());
            }
        }

        return answer;
    }

    /// <summary>Lines of the sample as Lambda would hand them over.</summary>
    private static string Events(int skip, int count)
    {
        using var file = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Repository.Root, "events", "flights", "flights.ndjson.gz")), CompressionMode.Decompress));
        var lines = new List<string>();
        while (lines.Count < skip + count && file.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        var records = lines.Skip(skip).Select((line, i) => new JsonObject
        {
            ["eventSource"] = "aws:kinesis",
            ["eventID"] = $"shardId-000000000000:{1000 + skip + i}",
            ["kinesis"] = new JsonObject
            {
                ["partitionKey"] = "k",
                ["sequenceNumber"] = $"{1000 + skip + i}",
                ["data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(line)),
                ["approximateArrivalTimestamp"] = 1_795_467_053.25m,
            },
        });
        return new JsonObject { ["Records"] = new JsonArray([.. records]) }.ToJsonString();
    }

    private async Task<string> Write(Template template)
    {
        var file = Path.Combine(_folder.FullName, "template.json");
        await File.WriteAllTextAsync(file, template.Json.ToJsonString(), TestContext.Current.CancellationToken);
        return file;
    }
}
