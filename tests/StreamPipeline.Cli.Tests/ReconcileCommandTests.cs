using System.Text.Json;

namespace StreamPipeline.Cli.Tests;

public sealed class ReconcileCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string Pipeline => Path.Combine(_folder.FullName, "pipeline.yaml");

    private string Lake => Path.Combine(_folder.FullName, "lake");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Late_records_are_in_gold_after_reconcile_and_again_changes_nothing()
    {
        await RunLateEvents();
        var first = await Reconcile("--day", "2024-02-29");
        Assert.Equal("""{"day":"2024-02-29","metrics":[{"metric":"hourly","windows":3,"changed":1,"open":1,"rows":1}]}""", first);
        Assert.Equal("2", await Query("select rows from gold.hourly where window_start = '2024-02-29 10:00:00+00'"));
        Assert.Equal(0, Changed(await Reconcile("--day", "2024-02-29", "--metric", "hourly")));
        Assert.Equal("4,5", await Query("select count(*), sum(rows) from gold.hourly"));
    }

    [Theory]
    [InlineData("error: --day is a date such as 2024-02-29, not '2024-02-30'", "--day", "2024-02-30")]
    [InlineData("error: --metric nope: pipeline.yaml has hourly", "--day", "2024-02-29", "--metric", "nope")]
    public async Task Wrong_usage_is_exit_code_2_and_says_what_is_wrong(string message, params string[] args)
    {
        await RunLateEvents();
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync(["reconcile", "--pipeline", Pipeline, "--lake", Lake, .. args]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    private static int Changed(string json)
    {
        using var parsed = JsonDocument.Parse(json);
        return parsed.RootElement.GetProperty("metrics")[0].GetProperty("changed").GetInt32();
    }

    /// <summary>10:00, 11:00 and 13:00, then one late for 10:00.</summary>
    private async Task RunLateEvents()
    {
        var input = Path.Combine(_folder.FullName, "in.ndjson");
        await File.WriteAllTextAsync(Pipeline, """
            name: p
            stream: s
            contract: c.json
            eventTime: { field: t }
            metrics: [{ name: hourly, window: { tumbling: 1h }, measures: { rows: count() } }]
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "c.json"), """{"type":"object","required":["t"],"properties":{"t":{"type":"string","format":"date-time"}}}""");
        await File.WriteAllLinesAsync(input, new[] { "10:00", "11:00", "12:00", "13:05", "10:30" }.Select(t => $$"""{"t":"2024-02-29T{{t}}:00Z"}"""));
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Done, await terminal.RunAsync("run", "--pipeline", Pipeline, "--input", input, "--lake", Lake, "--output", "json"));
        Assert.Contains("\"late\":1", terminal.Out, StringComparison.Ordinal);
    }

    private async Task<string> Reconcile(params string[] args)
    {
        using var terminal = new TestTerminal();
        var code = await terminal.RunAsync(["reconcile", "--pipeline", Pipeline, "--lake", Lake, "--output", "json", .. args]);
        Assert.Equal("", terminal.Error);
        Assert.Equal(ExitCode.Done, code);
        return terminal.Out.Trim();
    }

    private async Task<string> Query(string sql)
    {
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Done, await terminal.RunAsync("query", "--lake", Lake, sql, "--output", "csv"));
        return (terminal.Out + System.Text.Encoding.UTF8.GetString(terminal.Bytes)).Trim().Split('\n')[^1].Trim();
    }
}
