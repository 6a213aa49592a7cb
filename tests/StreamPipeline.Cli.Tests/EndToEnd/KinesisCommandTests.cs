using System.ComponentModel;
using System.Diagnostics;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>The command <c>kinesis</c> as a process, as a user meets it.</summary>
public sealed class KinesisCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("streampipeline-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_prints_commands_that_work_takes_what_put_sends_and_ends_cleanly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "sends SIGINT, and pastes into a POSIX shell");
        await RequireAwsCli();
        using var kinesis = Start("--port", "0", "--stream", "flights:2");
        var shown = await ReadUntil(kinesis, "Ctrl-C");
        Assert.Contains("  flights   2 open shards, records are kept for 24 h", shown);
        var url = shown[0].Split(' ')[^1];

        // As a user who pastes the two lines; version 1 of the AWS CLI goes without the format, as it says.
        var pasted = string.Join('\n', shown.Where(line => line.StartsWith("  export ", StringComparison.Ordinal) || line.StartsWith("  aws ", StringComparison.Ordinal)));
        if ((await Shell("aws --version")).StartsWith("aws-cli/1", StringComparison.Ordinal))
        {
            pasted = pasted.Replace("--cli-binary-format raw-in-base64-out", "", StringComparison.Ordinal);
        }

        Assert.Contains("\"FailedRecordCount\": 0", await Shell(pasted), StringComparison.Ordinal);
        var put = await CommandProcess.Run(_folder.FullName, "{\"id\":2}\n{\"id\":3}\n"u8.ToArray(), "put", "--stream", "flights", "--input", "-", "--endpoint-url", url, "--output", "json");
        Assert.StartsWith("{\"records\":2,\"sent\":2,", put.Out, StringComparison.Ordinal);
        Assert.Equal(0, put.Code);

        await Shell($"kill -INT {kinesis.Id}");
        await kinesis.WaitForExitAsync(Cancellation);
        var errors = await kinesis.StandardError.ReadToEndAsync(Cancellation);
        Assert.Equal(0, kinesis.ExitCode);
        Assert.Contains("flights: created with 2 shards", errors, StringComparison.Ordinal);
        Assert.EndsWith("stopped; streams and records are in kinesis.db\n", errors, StringComparison.Ordinal);

        // Once more: the stream is still there.
        using var again = Start("--port", "0");
        Assert.Contains("  flights   2 open shards, records are kept for 24 h", await ReadUntil(again, "Ctrl-C"));
        again.Kill();
    }

    [Fact]
    public async Task Beyond_loopback_it_warns()
    {
        using var kinesis = Start("--port", "0", "--bind", "0.0.0.0");
        var shown = await ReadUntil(kinesis, "Ctrl-C");
        Assert.StartsWith("Kinesis endpoint: http://127.0.0.1:", shown[0], StringComparison.Ordinal);
        Assert.Contains("aws kinesis create-stream", string.Join('\n', shown), StringComparison.Ordinal);
        kinesis.Kill();
        Assert.StartsWith("warning: listening on 0.0.0.0: signatures are not checked", await kinesis.StandardError.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--port is 0 to 65,535, not 70000", "--port", "70000")]
    [InlineData("'here' is not an IP address", "--bind", "here")]
    [InlineData("'a:b' is not a stream", "--stream", "a:b")]
    [InlineData("stream 'a b' with 1 shards", "--stream", "a b")]
    [InlineData("stream 'a' with 5000 shards", "--stream", "a:5000")]
    public async Task Wrong_options_are_refused_before_it_serves(string message, params string[] options)
    {
        using var terminal = new TestTerminal();
        Assert.Equal(2, await terminal.RunAsync(["kinesis", "--data", Path.Combine(_folder.FullName, "kinesis.db"), .. options]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var first = Start("--port", "0");
        var port = (await ReadUntil(first, "Ctrl-C"))[0].Split(':')[^1];
        using var terminal = new TestTerminal();
        Assert.Equal(1, await terminal.RunAsync("kinesis", "--port", port, "--data", Path.Combine(_folder.FullName, "other.db")));
        Assert.Contains($"cannot listen on 127.0.0.1:{port}", terminal.Error, StringComparison.Ordinal);
        first.Kill();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Process Start(params string[] options) => Process.Start(
        new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "streampipeline.dll"), "kinesis", .. options])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static async Task<List<string>> ReadUntil(Process process, string start)
    {
        var lines = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(Cancellation) is { } line)
        {
            lines.Add(line);
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return lines;
            }
        }

        throw new InvalidOperationException($"it ended: {await process.StandardError.ReadToEndAsync(Cancellation)}");
    }

    private static async Task<string> Shell(string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardOutput = true })!;
        var output = await shell.StandardOutput.ReadToEndAsync(Cancellation);
        await shell.WaitForExitAsync(Cancellation);
        return output;
    }

    private static async Task RequireAwsCli()
    {
        try
        {
            using var probe = Process.Start(new ProcessStartInfo("aws", ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            await probe.WaitForExitAsync(Cancellation);
        }
        catch (Win32Exception)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "the AWS CLI is needed in CI");
            Assert.Skip("needs the AWS CLI (pip install awscli)");
        }
    }
}
