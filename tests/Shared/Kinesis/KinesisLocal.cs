using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace StreamPipeline.Tests;

/// <summary>
/// kinesis-local (npm), an emulator of Kinesis by others, on loopback. It is installed once into the folder for temporary files. Where Node.js or the
/// npm registry are missing a test is skipped, except in CI, where it fails.
/// </summary>
internal sealed class KinesisLocal : IAsyncDisposable
{
    private const string Version = "0.6.2";

    /// <summary>It would listen on every network of the machine.</summary>
    private const string LoopbackOnly =
        """
        const net = require('net');
        const listen = net.Server.prototype.listen;
        net.Server.prototype.listen = function (...args) {
          if (args[0] && typeof args[0] === 'object') args[0] = { ...args[0], host: '127.0.0.1' };
          else if (typeof args[1] === 'string') args[1] = '127.0.0.1';
          else args.splice(1, 0, '127.0.0.1');
          return listen.apply(this, args);
        };
        """;

    private static readonly TimeSpan _startMax = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private KinesisLocal(Process process, int port)
    {
        _process = process;
        Uri = new Uri($"http://127.0.0.1:{port}");
    }

    public Uri Uri { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<KinesisLocal> Start()
    {
        await ExternalTool.Require("needs Node.js with npm, to run kinesis-local", "npm", "--version");
        var folder = await Install();
        var (plain, tls) = FreePorts();
        var start = new ProcessStartInfo("node", ["--require", Path.Combine(folder, "loopback.js"), "main.js"])
        {
            WorkingDirectory = Path.Combine(folder, "node_modules", "kinesis-local"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KINESIS_MOCK_PLAIN_PORT"] = $"{plain}";
        start.Environment["KINESIS_MOCK_TLS_PORT"] = $"{tls}";
        start.Environment["LOG_LEVEL"] = "ERROR";
        foreach (var operation in (string[])["CREATE_STREAM", "DELETE_STREAM", "SPLIT_SHARD", "MERGE_SHARDS"])
        {
            start.Environment[$"{operation}_DURATION"] = "1ms";
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var local = new KinesisLocal(process, plain);
        try
        {
            await local.UntilItListens();
            return local;
        }
        catch
        {
            await local.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task UntilItListens()
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < _startMax && !_process.HasExited)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(Uri.Host, Uri.Port, Cancellation);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), Cancellation);
            }
        }

        Assert.Fail($"kinesis-local did not listen on {Uri} within {_startMax.TotalSeconds} s");
    }

    private static async Task<string> Install()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"streampipeline-kinesis-local-{Version}");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        // Whole or not at all: test projects run at the same time.
        var staged = Directory.CreateTempSubdirectory("streampipeline-npm-");
        await ExternalTool.Require(
            "needs the npm registry, to install kinesis-local",
            "npm", "install", "--prefix", staged.FullName, "--no-audit", "--no-fund", "--silent", $"kinesis-local@{Version}");
        await File.WriteAllTextAsync(Path.Combine(staged.FullName, "loopback.js"), LoopbackOnly, Cancellation);
        try
        {
            staged.MoveTo(folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            staged.Delete(recursive: true);
        }

        return folder;
    }

    private static (int Plain, int Tls) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}
