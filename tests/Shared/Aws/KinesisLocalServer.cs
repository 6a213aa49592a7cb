using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace StreamPipeline.Tests.Aws;

/// <summary>
/// kinesis-local on a free port of the loopback, for as long as this lives: realistic sequence numbers, splits and merges. Tests that need it and do
/// not find it are skipped on a desk and fail in CI.
/// </summary>
public sealed class KinesisLocalServer : IAsyncDisposable
{
    private readonly Process _process;

    private KinesisLocalServer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Starts one, or skips the test that asks for it.</summary>
    public static async Task<KinesisLocalServer> Start()
    {
        var package = Path.Combine(FindPackage(), "node_modules", "kinesis-local");
        if (!Directory.Exists(package))
        {
            throw Missing($"{package} is missing");
        }

        var (plain, tls) = (FreePort(), FreePort());
        var start = new ProcessStartInfo("node", ["--require", Path.Combine(FindPackage(), "loopback.cjs"), "main.js"])
        {
            // It reads files from where it lies.
            WorkingDirectory = package,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KINESIS_MOCK_PLAIN_PORT"] = plain.ToString(CultureInfo.InvariantCulture);
        start.Environment["KINESIS_MOCK_TLS_PORT"] = tls.ToString(CultureInfo.InvariantCulture);
        start.Environment["LOG_LEVEL"] = "ERROR";
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw Missing($"node cannot be run: {error.Message}");
        }

        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new KinesisLocalServer(process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{plain}/")));
        await server.Listening(plain);
        return server;
    }

    /// <summary>Closing its input ends it; so does the death of this process.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task Listening(int port)
    {
        while (!_process.HasExited)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }

        throw new InvalidOperationException($"kinesis-local ended with exit code {_process.ExitCode} before it listened");
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static string FindPackage()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "StreamPipeline.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? "", "tests", "Shared", "Aws", "kinesis-local");
    }

    private static Exception Missing(string why)
    {
        const string HowToInstall = "kinesis-local is needed: npm ci --prefix tests/Shared/Aws/kinesis-local --ignore-scripts";
        if (Environment.GetEnvironmentVariable("CI") is not (null or "" or "false"))
        {
            return new InvalidOperationException($"{HowToInstall}. In CI this is a failure. {why}");
        }

        Assert.Skip($"{HowToInstall}. {why}");
        return new UnreachableException();
    }
}
