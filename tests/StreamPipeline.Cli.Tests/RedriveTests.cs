using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace StreamPipeline.Cli.Tests;

public sealed class RedriveTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string Lake => Path.Combine(_folder.FullName, "lake");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("1", false)]
    [InlineData("3", true)]
    public async Task Events_move_to_silver_once_after_the_contract_was_fixed(string shards, bool masked)
    {
        await RunSample(shards, masked);
        WriteContract("^[A-Z][0-9]+$", masked);
        var before = Fingerprint();
        var trial = await Redrive("--dry-run");
        Assert.Equal((4, 2, 1, 1), Counts(trial));
        Assert.Equal(1, trial.GetProperty("reasons").GetProperty("contract").GetInt32());
        Assert.Equal(before, Fingerprint());

        Assert.Equal((4, 2, 1, 1), Counts(await Redrive()));
        Assert.Equal("3", await Query("select count(*) from silver.s"));
        Assert.Equal("3", await Query("select sum(events) from gold.hourly"));
        Assert.Equal("0", await Query("select count(*) from silver.s where mail like '%@%'", masked ? "0" : "3"));

        var again = await Redrive();
        Assert.Equal((0, 0, 0, 0), Counts(again));
        Assert.Equal((4, 1), (again.GetProperty("replayed").GetInt32(), again.GetProperty("failed_before").GetInt32()));
        Assert.Equal("3", await Query("select count(*) from silver.s"));
        Assert.Equal("5", await Query("select count(*) from quarantine.s"));
    }

    [Fact]
    public async Task Only_the_rows_of_the_condition_are_redriven_and_again_takes_what_failed_before()
    {
        await RunSample("1", masked: false);
        var first = await Redrive("--where", "reason = 'contract' and decode(raw) like '%B2%'");
        Assert.Equal(2, first.GetProperty("quarantined").GetInt32());
        WriteContract("^[A-Z][0-9]+$", masked: false);
        Assert.Equal((2, 1, 1, 0), Counts(await Redrive("--again", "--where", "_shard like 'redrive~%'")));
    }

    [Fact]
    public async Task What_lambda_left_in_an_on_failure_destination_is_redriven_by_its_sequence_numbers()
    {
        await RunSample("1", masked: false);
        var record = Path.Combine(_folder.FullName, "failed.json");
        await File.WriteAllTextAsync(record, OnFailure(("1", "A7"), ("2", "A8")), TestContext.Current.CancellationToken);
        Assert.Equal((2, 2, 0, 0), Counts(await Redrive(record)));
        Assert.Equal(2, (await Redrive(record)).GetProperty("replayed").GetInt32());
        Assert.Equal("A7,A8", await Query("select string_agg(code, ',' order by code) from silver.s where _shard = 'redrive~shardId-000000000009'"));
        var lines = Path.Combine(_folder.FullName, "more.ndjson");
        await File.WriteAllTextAsync(lines, Line("A9") + Line("A9") + Line("A1"), TestContext.Current.CancellationToken);
        Assert.Equal((2, 1, 1, 0), Counts(await Redrive(lines)));
    }

    [Fact]
    public async Task Wrong_use_is_told()
    {
        WriteContract("A", masked: false);
        Assert.Contains("there is no such folder", await Refused("x"), StringComparison.Ordinal);
        await RunSample("1", masked: false);
        Assert.Contains("\"nonsense\"", await Refused("--where", "nonsense = 1"), StringComparison.Ordinal);
        Assert.Contains("none.json does not exist", await Refused("none.json"), StringComparison.Ordinal);
        Assert.Contains("use them with --from quarantine", await Refused("file.json", "--where", "true"), StringComparison.Ordinal);
        var record = Path.Combine(_folder.FullName, "sqs.json");
        await File.WriteAllTextAsync(record, """{"KinesisBatchInfo":{"shardId":"s"}}""", TestContext.Current.CancellationToken);
        Assert.Contains("only an S3 on-failure destination keeps", await Refused(record), StringComparison.Ordinal);
    }

    private async Task RunSample(string shards, bool masked)
    {
        WriteContract("^A[0-9]+$", masked);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "in.ndjson"), Line("A1") + Line("B1") + Line("B2") + Line("B2") + Line("bad"), TestContext.Current.CancellationToken);
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Done, await terminal.RunAsync("run", "--pipeline", Pipeline, "--input", Path.Combine(_folder.FullName, "in.ndjson"), "--lake", Lake, "--shards", shards));
    }

    private string Pipeline => Path.Combine(_folder.FullName, "p.yaml");

    private void WriteContract(string pattern, bool masked)
    {
        File.WriteAllText(Pipeline, $$"""
            name: s
            stream: s
            contract: c.json
            partitionKey: code
            eventTime: { field: at, allowedLateness: 1h }
            dedup: { key: [code], horizon: 24h }
            {{(masked ? "enrich:\n  - mask: { field: mail, with: hmac-sha256 }" : "")}}
            metrics:
              - name: hourly
                window: { tumbling: 1h }
                measures: { events: count() }

            """);
        File.WriteAllText(Path.Combine(_folder.FullName, "c.json"), JsonSerializer.Serialize(new
        {
            type = "object",
            required = (string[])["code", "at", "mail"],
            properties = new { code = new { type = "string", pattern }, at = new { type = "string", format = "date-time" }, mail = new { type = "string" } },
        }));
    }

    private static string Line(string code) => $$"""{"code":"{{code}}","at":"2024-05-01T10:00:00Z","mail":"a@b"}""" + "\n";

    private static string OnFailure(params (string Sequence, string Code)[] records)
    {
        var lambdaEvent = JsonSerializer.Serialize(new
        {
            Records = records.Select(record => new
            {
                kinesis = new
                {
                    sequenceNumber = record.Sequence,
                    data = Convert.ToBase64String(Encoding.UTF8.GetBytes(Line(record.Code))),
                    approximateArrivalTimestamp = 1_714_557_600.5,
                },
                eventSource = "aws:kinesis",
                eventID = $"shardId-000000000009:{record.Sequence}",
            }),
        });
        return JsonSerializer.Serialize(new
        {
            requestContext = new { condition = "RetryAttemptsExhausted", approximateInvokeCount = 3 },
            version = "1.0",
            KinesisBatchInfo = new { shardId = "shardId-000000000009", batchSize = records.Length },
            payload = lambdaEvent,
        });
    }

    private static (int Records, int Silver, int Duplicates, int Quarantined) Counts(JsonElement result) => (
        result.GetProperty("records").GetInt32(), result.GetProperty("silver").GetInt32(),
        result.GetProperty("duplicates").GetInt32(), result.GetProperty("quarantined").GetInt32());

    private async Task<JsonElement> Redrive(params string[] args)
    {
        using var terminal = new TestTerminal();
        var code = await terminal.RunAsync(Arguments([.. args, "--output", "json"]));
        Assert.Equal("", terminal.Error);
        Assert.Equal(ExitCode.Done, code);
        using var json = JsonDocument.Parse(terminal.Out);
        return json.RootElement.Clone();
    }

    private async Task<string> Refused(params string[] args)
    {
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync(Arguments(args)));
        return terminal.Error;
    }

    /// <summary>The first argument is what to redrive from, unless it is an option: then it is quarantine.</summary>
    private string[] Arguments(string[] args)
    {
        var from = args[0].StartsWith("--", StringComparison.Ordinal) ? "quarantine" : args[0];
        return ["redrive", "--pipeline", Pipeline, "--lake", Lake, "--from", from, .. from == args[0] ? args[1..] : args];
    }

    private async Task<string> Query(string sql, string? expected = null)
    {
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Done, await terminal.RunAsync("query", "--lake", Lake, "--output", "csv", sql));
        var value = (Encoding.UTF8.GetString(terminal.Bytes) + terminal.Out).Trim().Split('\n')[1].Trim().Trim('"');
        return expected is null ? value : value == expected ? "0" : value;
    }

    private string Fingerprint() => string.Join('\n', Directory.EnumerateFiles(Lake, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"));
}
