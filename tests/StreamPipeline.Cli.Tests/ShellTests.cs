using System.CommandLine;
using System.Text.Json;

namespace StreamPipeline.Cli.Tests;

public sealed class ShellTests : IDisposable
{
    private readonly TestTerminal _terminal = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("error: Required command was not provided.")]
    [InlineData("error: Unrecognized command or argument 'frob'.", "frob")]
    [InlineData("error: Option '--pipeline' is required.", "validate")]
    [InlineData("error: Argument 'xml' not recognized. Must be one of: 'text' 'json'", "validate", "--pipeline", "x", "--output", "xml")]
    [InlineData("error: one of --pipeline and --contract is needed", "generate")]
    [InlineData("error: --events is -1, at least 0 is needed", "generate", "--contract", "c", "--events", "-1")]
    [InlineData("error: '3' is not a share: write 2% or 0.02", "generate", "--contract", "c", "--late", "3")]
    [InlineData("error: '0' is not a rate: write 100 or 100/s, 0.000001 to 1,000,000,000", "generate", "--contract", "c", "--rate", "0")]
    [InlineData("error: --duplicates, --malformed and --late add up to 120%, at most 100% is possible", "generate", "--contract", "c", "--late", "60%", "--malformed", "0.6")]
    [InlineData("error: --lake s3://bkt/p needs the table with its state too: add --state dynamodb://TABLE", "inspect", "--lake", "s3://bkt/p")]
    [InlineData("error: --state dynamodb://t goes with a lake on S3 (--lake s3://bucket/prefix); a lake in a folder keeps its state within the folder, so leave --state out", "inspect", "--lake", "d", "--state", "dynamodb://t")]
    [InlineData("error: --state 't' does not have the form dynamodb://table", "inspect", "--lake", "s3://bkt/p", "--state", "t")]
    [InlineData("error: --shards spreads lines over virtual shards; a Kinesis stream has its own: leave it out", "run", "--pipeline", "p", "--lake", "d", "--input", "kinesis://s", "--shards", "2")]
    [InlineData("error: --bisect goes with --input kinesis://STREAM", "run", "--pipeline", "p", "--lake", "d", "--input", "f", "--bisect")]
    [InlineData("error: --shards is 1 to 64, not 99999999999", "run", "--pipeline", "p", "--lake", "d", "--input", "f", "--shards", "99999999999")]
    [InlineData("error: --shards is 1 to 64, not 0", "run", "--pipeline", "p", "--lake", "d", "--input", "f", "--shards", "0")]
    [InlineData("error: --pipeline is empty: write --pipeline p.yaml, or leave it out", "validate", "--pipeline", "")]
    [InlineData("error: --lake is empty: write --lake DIR, or leave it out", "run", "--pipeline", "p", "--lake", "", "--input", "f")]
    [InlineData("error: --input is empty: write --input X, or leave it out", "run", "--pipeline", "p", "--lake", "d", "--input", "")]
    [InlineData("error: --where is empty: write --where SQL, or leave it out", "redrive", "--pipeline", "p", "--lake", "d", "--from", "quarantine", "--where", "")]
    [InlineData("error: --retries is -1 to 10,000, not -2", "run", "--pipeline", "p", "--lake", "d", "--input", "kinesis://s", "--retries", "-2")]
    [InlineData("error: --max-record-age is a whole number and s, m, h or d, 60s to 7d, not '8d'", "run", "--pipeline", "p", "--lake", "d", "--input", "kinesis://s", "--on-failure", "f", "--max-record-age", "8d")]
    [InlineData("error: --max-record-age discards records, and without --on-failure there is nowhere to discard them to", "run", "--pipeline", "p", "--lake", "d", "--input", "kinesis://s", "--max-record-age", "1d")]
    public async Task Wrong_usage_is_exit_code_2_and_says_what_is_wrong(string message, params string[] args)
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync(args));
        Assert.Contains(message, _terminal.Error.Split('\n'));
        Assert.Equal("", _terminal.Out);
    }

    [Fact]
    public async Task An_unknown_command_is_one_error()
    {
        await _terminal.RunAsync("frob");
        Assert.Equal("error: Unrecognized command or argument 'frob'.\n'streampipeline --help' shows what is possible\n", _terminal.Error);
    }

    [Fact]
    public async Task Problems_are_plain_lines_when_piped()
    {
        var path = Write("name: flights\nstrem: x\n");
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("validate", "--pipeline", path));
        var lines = _terminal.Error.Trim().Split('\n');
        Assert.All(lines, line => Assert.StartsWith($"error: {path}:", line, StringComparison.Ordinal));
        Assert.Contains($"error: {path}:2:1: unknown key 'strem' (did you mean 'stream'?)", lines);
    }

    [Fact]
    public async Task Problems_are_a_table_on_a_terminal()
    {
        using var terminal = new TestTerminal(isTerminal: true);
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("validate", "--pipeline", Write("strem: x\n")));
        Assert.Contains("did you mean 'stream'?", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("│", terminal.Error, StringComparison.Ordinal);
        Assert.Contains("error: 5 problems", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problems_are_one_json_object_on_request()
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("validate", "--output", "json", "--pipeline", Write("name: [")));
        using var json = JsonDocument.Parse(_terminal.Out);
        Assert.False(json.RootElement.GetProperty("valid").GetBoolean());
        Assert.StartsWith("this is not YAML", json.RootElement.GetProperty("problems")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("", _terminal.Error);
    }

    [Fact]
    public async Task A_missing_file_and_a_folder_are_named()
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("validate", "--pipeline", Path.Combine(_folder.FullName, "none.yaml")));
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("validate", "--pipeline", _folder.FullName));
        Assert.Contains("none.yaml does not exist", _terminal.Error, StringComparison.Ordinal);
        Assert.Contains($"{_folder.FullName} is a folder, a file is expected", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bug_is_one_line_unless_verbose_asks_for_more()
    {
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync(Throwing(new InvalidOperationException("oops")), "fail"));
        Assert.Equal("error: this is a bug in streampipeline: InvalidOperationException: oops\n--verbose shows the stack trace\n", _terminal.Error);
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync(Throwing(new InvalidOperationException("oops")), "fail", "--verbose"));
        Assert.Contains("   at ", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commands_own_failure_has_its_own_exit_code()
    {
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync(Throwing(new CommandException("the lake is gone")), "fail"));
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync(Throwing(new CommandException("wrong lake", ExitCode.Usage)), "fail"));
        Assert.Equal("error: the lake is gone\nerror: wrong lake\n", _terminal.Error);
    }

    [Fact]
    public async Task An_interruption_is_said_and_fails()
    {
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync(Throwing(new OperationCanceledException()), "fail"));
        Assert.Equal("interrupted\n", _terminal.Error);
    }

    private static Command Throwing(Exception exception)
    {
        var command = new Command("fail");
        command.SetAction(int (_) => throw exception);
        return command;
    }

    private string Write(string text)
    {
        var path = Path.Combine(_folder.FullName, "p.yaml");
        File.WriteAllText(path, text);
        return path;
    }
}
