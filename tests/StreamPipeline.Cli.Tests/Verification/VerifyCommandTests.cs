using System.Text.Json;

namespace StreamPipeline.Cli.Tests.Verification;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streampipeline-verify-").FullName;

    private static string Pipeline => Path.Combine(Samples.Folder, "orders", "pipeline.yaml");

    private string Lake => Path.Combine(_folder, "lake");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_lake_verifies_until_a_file_of_it_is_gone()
    {
        await RunOrders();
        using (var whole = new TestTerminal())
        {
            Assert.Equal(0, await whole.RunAsync("verify", "--pipeline", Pipeline, "--lake", Lake));
            Assert.Contains("the lake is whole: no difference", whole.Out, StringComparison.Ordinal);
        }

        var file = Directory.EnumerateFiles(Path.Combine(Lake, "silver"), "*.parquet", SearchOption.AllDirectories).First();
        File.Delete(file);
        using var damaged = new TestTerminal();
        Assert.Equal(1, await damaged.RunAsync("verify", "--pipeline", Pipeline, "--lake", Lake, "--output", "json"));
        using var report = JsonDocument.Parse(damaged.Out);
        Assert.False(report.RootElement.GetProperty("ok").GetBoolean());
        var files = report.RootElement.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "files");
        Assert.Contains(Path.GetFileName(file), files.GetProperty("examples")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_the_lake_does_not_hold_is_wrong_usage()
    {
        await RunOrders();
        using var terminal = new TestTerminal();
        Assert.Equal(2, await terminal.RunAsync("verify", "--pipeline", Path.Combine(Samples.Folder, "flights", "pipeline.yaml"), "--lake", Lake));
        Assert.Contains("holds no stream 'flights'", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vacuum_removes_half_written_files_and_spools_that_no_process_holds()
    {
        await RunOrders();
        var old = Path.Combine(Lake, "silver", ".tmp-dead-1-1");
        var spool = Path.Combine(Lake, "_spool", "dead");
        var held = Path.Combine(Lake, "_spool", "held");
        Directory.CreateDirectory(Path.GetDirectoryName(spool)!);
        foreach (var file in new[] { old, spool, held })
        {
            await File.WriteAllTextAsync(file, "left", TestContext.Current.CancellationToken);
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        await using var hold = new FileStream(held, FileMode.Open, FileAccess.Read, FileShare.Read);
        foreach (var isDry in new[] { true, false })
        {
            using var terminal = new TestTerminal();
            string[] arguments = ["vacuum", "--pipeline", Pipeline, "--lake", Lake, "--output", "json", .. isDry ? ["--dry-run"] : Array.Empty<string>()];
            Assert.Equal(0, await terminal.RunAsync(arguments));
            using var report = JsonDocument.Parse(terminal.Out);
            Assert.Equal(1, report.RootElement.GetProperty("temporaryFiles").GetInt32());
            Assert.Equal(1, report.RootElement.GetProperty("spools").GetInt32());
            Assert.Equal((isDry, isDry, true), (File.Exists(old), File.Exists(spool), File.Exists(held)));
        }
    }

    [Fact]
    public async Task A_grace_period_that_is_none_is_wrong_usage()
    {
        using var terminal = new TestTerminal();
        Assert.Equal(2, await terminal.RunAsync("vacuum", "--pipeline", Pipeline, "--lake", Lake, "--grace", "soon"));
        Assert.Contains("--grace is a whole number and ms, s, m, h or d, at most 366d, not 'soon'", terminal.Error, StringComparison.Ordinal);
    }

    private async Task RunOrders()
    {
        using var terminal = new TestTerminal();
        var input = Path.Combine(Samples.Folder, "orders", "events.ndjson");
        Assert.Equal(0, await terminal.RunAsync("run", "--pipeline", Pipeline, "--input", input, "--lake", Lake, "--shards", "2", "--batch-size", "40"));
    }
}
