using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using StreamPipeline.Aws;

namespace StreamPipeline.Tests.Aws;

/// <summary>
/// moto on a free port of the loopback, for as long as this lives. Tests that need it and do not find it are skipped on a desk and fail in CI.
/// </summary>
public sealed class MotoServer : IAsyncDisposable
{
    private const string HowToInstall = "python3 with moto is needed: pip install 'moto[server]==5.2.1'";

    private readonly Process _process;

    private MotoServer(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Clients that talk to moto. The key is one that moto takes and AWS does not.</summary>
    public AwsClientSettings Clients => ClientsOf(Address);

    /// <summary>Clients of another address that leads to moto.</summary>
    public static AwsClientSettings ClientsOf(Uri address) => new()
    {
        Credentials = new BasicAWSCredentials("testing", "testing"),
        ServiceUrl = address.ToString(),
        Region = "us-east-1",
    };

    /// <summary>Starts one, or skips the test that asks for it.</summary>
    public static async Task<MotoServer> Start()
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo("python3", [Path.Combine(AppContext.BaseDirectory, "moto_server.py")])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw Missing(error.Message);
        }

        var errors = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        if (line?.Split(' ') is not ["listening", var port])
        {
            process.Dispose();
            throw Missing($"it answered '{line}': {await errors}");
        }

        return new MotoServer(process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{int.Parse(port, CultureInfo.InvariantCulture)}/")));
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

    private static Exception Missing(string why)
    {
        if (Environment.GetEnvironmentVariable("CI") is not (null or "" or "false"))
        {
            return new InvalidOperationException($"{HowToInstall}. In CI this is a failure. {why}");
        }

        Assert.Skip($"{HowToInstall}. {why}");
        return new UnreachableException();
    }
}
