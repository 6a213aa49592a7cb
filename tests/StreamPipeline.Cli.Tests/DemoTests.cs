using StreamPipeline.Cli.Demo;
using StreamPipeline.Cli.Generation;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Cli.Tests;

public sealed class DemoTests : IDisposable
{
    private const int Events = 3_000;

    private readonly TestTerminal _terminal = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("demo it's ");

    private string Lake => Path.Combine(_folder.FullName, "lake");

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_piped_demo_accounts_for_every_event_and_its_suggestions_work()
    {
        var code = await _terminal.RunAsync("demo", "--events", $"{Events}", "--lake", Lake);
        Assert.Equal("", _terminal.Error);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("every event is accounted for: 3,000 lines = ", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("flights by origin", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("█", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("malformed_json", _terminal.Out, StringComparison.Ordinal);

        var suggested = _terminal.Out.Split("Next:\n")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, suggested.Length);
        foreach (var command in suggested)
        {
            using var terminal = new TestTerminal();
            Assert.Equal(ExitCode.Done, await terminal.RunAsync(Arguments(command)));
            Assert.Equal("", terminal.Error);
        }
    }

    [Fact]
    public async Task Generated_origins_are_airports_the_lookup_knows()
    {
        await _terminal.RunAsync("demo", "--events", $"{Events}", "--lake", Lake);
        using var query = new TestTerminal();
        await query.RunAsync("query", "--lake", Lake, "--output", "csv", "select count(*) > 2500 as many, count(*) = count(origin_state) as matched from silver.flights");
        Assert.Equal("many,matched\r\ntrue,true\r\n", query.Out);
    }

    [Fact]
    public async Task A_second_demo_in_the_same_lake_is_replayed_and_keeps_what_the_user_changed()
    {
        Assert.Equal(ExitCode.Done, await _terminal.RunAsync("demo", "--events", "500", "--lake", Lake));
        var pipeline = Path.Combine(Lake, "pipeline", "pipeline.yaml");
        await File.AppendAllTextAsync(pipeline, "# mine\n", TestContext.Current.CancellationToken);
        using var again = new TestTerminal();
        Assert.Equal(ExitCode.Done, await again.RunAsync("demo", "--events", "500", "--lake", Lake));
        Assert.Contains("500 events were in the lake already", again.Out, StringComparison.Ordinal);
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(pipeline, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_is_refused_and_left_alone()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "thesis.txt"), "x", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("demo", "--events", "10", "--lake", _folder.FullName));
        Assert.Contains("holds something else (such as 'thesis.txt')", _terminal.Error, StringComparison.Ordinal);
        Assert.Equal(["thesis.txt"], _folder.EnumerateFileSystemInfos().Select(entry => entry.Name));
    }

    [Fact]
    public async Task No_events_are_refused()
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("demo", "--events", "0"));
        Assert.Contains("error: --events is 1 to 1,000,000,000, not 0", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_demo_names_the_lake_and_stops()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var demo = new DemoSession(_terminal.Terminal, _ => null, Events, seed: 1);
        var error = await Assert.ThrowsAsync<CommandException>(() => demo.Run(Lake, stop.Token));
        Assert.Equal($"interrupted; what was committed is in the lake {Lake}", error.Message);
    }

    [Fact(Timeout = 120_000)]
    public async Task With_listen_it_stays_and_takes_what_a_producer_puts()
    {
        using var stop = new CancellationTokenSource();
        var demo = new DemoSession(_terminal.Terminal, _ => null, Events, seed: 1, listenOn: 0).Run(Lake, stop.Token);
        string? url = null;
        while (url is null)
        {
            Assert.False(demo.IsCompleted, "the demo ended");
            await Task.Delay(50, TestContext.Current.CancellationToken);
            url = _terminal.Out.Split('\n').FirstOrDefault(line => line.Contains("takes records at http://127.0.0.1:", StringComparison.Ordinal))?.Split(' ')[5];
        }

        using var producer = new TestTerminal();
        var one = Path.Combine(Lake, "pipeline", "event.json");
        var lines = Path.Combine(_folder.FullName, "own.ndjson");
        var text = await File.ReadAllTextAsync(one, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(lines, text + "\nnot json\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Done, await producer.RunAsync("put", "--stream", "flights", "--input", lines, "--endpoint-url", url));
        await DemoStream.Committed(Lake, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Done, await demo);
        Assert.Contains("2 records came:", _terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_that_differ_show_both_sides()
    {
        var generated = new GeneratorCounts(100, 90, 6, 4, 1);
        var run = new RunCounters.Snapshot(RunStage.Finishing, new Counts(100, 89, 7, 4, 1), 0, 1, 0, 0, 0);
        Assert.False(DemoAgreement.Write(_terminal.Terminal, generated, run, new RunCounters.QualitySnapshot(null, [("contract", 4)], 0)));
        Assert.Contains("generated: 100 lines, 90 events, 6 copies, 4 malformed, 1 late", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("counted:   100 records, 89 silver, 7 duplicates, 4 quarantined, 1 late", _terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_that_rules_refuse_are_no_difference()
    {
        var generated = new GeneratorCounts(100, 90, 6, 4, 1);
        var run = new RunCounters.Snapshot(RunStage.Finishing, new Counts(100, 88, 5, 7, 1), 0, 1, 0, 0, 0);
        Assert.True(DemoAgreement.Write(_terminal.Terminal, generated, run, new RunCounters.QualitySnapshot(null, [("contract", 4), ("quality", 3)], 0)));
        Assert.Contains("rules refused 3 of the events", _terminal.Out, StringComparison.Ordinal);
    }

    /// <summary>As a POSIX shell reads them, without the program.</summary>
    private static string[] Arguments(string command)
    {
        var arguments = new List<string>();
        var current = new System.Text.StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < command.Length; i++)
        {
            if (command[i] == '\'')
            {
                isQuoted = !isQuoted;
            }
            else if (command[i] == '\\' && !isQuoted)
            {
                current.Append(command[++i]);
            }
            else if (command[i] == ' ' && !isQuoted)
            {
                arguments.Add(current.ToString());
                current.Clear();
            }
            else
            {
                current.Append(command[i]);
            }
        }

        arguments.Add(current.ToString());
        return [.. arguments.SkipWhile(argument => argument.Length == 0).Skip(1)];
    }
}
