using System.Text.Json;
using Spectre.Console;
using StreamPipeline.Cli.Commands;
using StreamPipeline.Cli.Demo;
using StreamPipeline.Cli.Inspect;
using StreamPipeline.Cli.Run;

namespace StreamPipeline.Cli.Tests;

public sealed class ViewTests
{
    private static readonly LakeSummary _lake = new(
        "/data/lake",
        [new TableSummary("silver.flights", 65_691, 4, 1_234_567, 3)],
        [new ShardSummary("flights", "shardId-000000000000", 7, "42", 978_307_200_000_000, 67_294, 65_691, 1_288, 315, 64, 0.875, 12)],
        [],
        [new ReasonSummary("flights", "contract", "/delay", 79)],
        [new InputSummary("flights.ndjson.gz", "abc", 67_294, true)]);

    [Fact]
    public async Task Inspect_shows_every_part_that_has_rows()
    {
        var (code, text) = await Inspect();
        Assert.Equal(ExitCode.Done, code);
        foreach (var part in new[] { "/data/lake", "silver.flights", "65,691", "1.2 MiB", "2001-01-01T00:00:00Z", "0.875", "/delay", "finished", "12 keys were forgotten" })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("rules", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_as_json_is_one_object()
    {
        var (_, text) = await Inspect("--output", "json");
        using var json = JsonDocument.Parse(text);
        Assert.Equal(65_691, json.RootElement.GetProperty("tables")[0].GetProperty("rows").GetInt64());
        Assert.Equal("42", json.RootElement.GetProperty("shards")[0].GetProperty("lastSequence").GetString());
        Assert.Empty(json.RootElement.GetProperty("rules").EnumerateArray());
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1,023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(long.MaxValue, "8,388,608.0 TiB")]
    public void Sizes_are_in_powers_of_1024(long bytes, string text) => Assert.Equal(text, InspectView.Bytes(bytes));

    [Fact]
    public async Task A_piped_demo_shows_its_last_frame()
    {
        using var terminal = new TestTerminal();
        await DemoView.ShowAsync(terminal.Terminal, Frames(), TestContext.Current.CancellationToken);
        Assert.Contains("2,000", terminal.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("1,000", terminal.Out, StringComparison.Ordinal);
        Assert.Contains("ATL [x]", terminal.Out, StringComparison.Ordinal);
        Assert.Contains("████████████████████", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_demo_says_what_an_empty_part_waits_for()
    {
        using var terminal = new TestTerminal();
        terminal.Terminal.Console.Write(DemoView.Render(new DemoFrame(TimeSpan.Zero, 0, 0, 0, 0, 0, 0, 0, null, null, "flights by origin", [], [])));
        Assert.Contains("no window has closed yet", terminal.Out, StringComparison.Ordinal);
        Assert.Contains("nothing yet", terminal.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("replayed", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Suggestions_are_quoted_and_never_wrapped()
    {
        using var terminal = new TestTerminal(isTerminal: true);
        terminal.Terminal.Console.Profile.Width = 40;
        var sql = "select * from gold.delays_by_origin order by window_start desc limit 10";
        Output.NextSteps.Write(terminal.Terminal, [["query", "--lake", "my lake", sql]]);
        var quote = OperatingSystem.IsWindows() ? '"' : '\'';
        Assert.Equal($"Next:\n  streampipeline query --lake {quote}my lake{quote} {quote}{sql}{quote}\n", terminal.Out);
    }

    [Fact]
    public async Task A_demo_on_a_terminal_redraws()
    {
        using var terminal = new TestTerminal(isTerminal: true);
        await DemoView.ShowAsync(terminal.Terminal, Frames(), TestContext.Current.CancellationToken);
        Assert.Contains("1,000", terminal.Out, StringComparison.Ordinal);
        Assert.Contains("2,000", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_shows_share_rate_and_time_left()
    {
        var time = new StepTime();
        var (console, text) = Console();
        var progress = new RunProgress(console, time, isQuiet: false);
        time.Now += TimeSpan.FromSeconds(2);
        progress.Report(new RunPosition(20_000, 19_000, 900, 100, 250, 1000));
        Assert.Equal("\r25% · 20,000 records, 10,000/s, silver 19,000, duplicates 900, quarantined 100, 0:06 left\u001b[K", text.ToString());
        time.Now += TimeSpan.FromMilliseconds(50);
        var before = text.ToString();
        progress.Report(new RunPosition(21_000, 0, 0, 0, 260, 1000));
        Assert.Equal(before, text.ToString());
        progress.Finish();
        Assert.EndsWith("\r\u001b[K", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_of_an_input_of_unknown_size_has_no_share()
    {
        var time = new StepTime();
        var (console, text) = Console();
        var progress = new RunProgress(console, time, isQuiet: false);
        time.Now += TimeSpan.FromSeconds(1);
        progress.Report(new RunPosition(500, 500, 0, 0, 1, null));
        Assert.Equal("\r500 records, 500/s, silver 500, duplicates 0, quarantined 0\u001b[K", text.ToString());
    }

    [Fact]
    public void Progress_is_silent_when_piped()
    {
        using var terminal = new TestTerminal();
        var progress = new RunProgress(terminal.Terminal, json: false);
        progress.Report(new RunPosition(1, 1, 0, 0, 1, 2));
        progress.Finish();
        Assert.Equal("", terminal.Error);
    }

    private static async Task<(int Code, string Text)> Inspect(params string[] options)
    {
        using var terminal = new TestTerminal();
        var command = InspectCommand.Create(terminal.Terminal, (_, _) => Task.FromResult(_lake));
        var code = await terminal.RunAsync(command, ["inspect", "--lake", "x", .. options]);
        return (code, terminal.Out);
    }

    private static (IAnsiConsole Console, StringWriter Text) Console()
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        return (console, text);
    }

    private static async IAsyncEnumerable<DemoFrame> Frames()
    {
        for (var i = 1; i <= 2; i++)
        {
            await Task.CompletedTask;
            yield return new DemoFrame(
                TimeSpan.FromSeconds(i), i * 1_000, 990, 8, 2, 1, 0, 500, 0.9, null, "flights by origin", [("ATL [x]", 40), ("LAX", 10)], [("contract", 2)]);
        }
    }

    private sealed class StepTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
