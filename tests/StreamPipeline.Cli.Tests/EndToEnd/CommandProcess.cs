using System.Diagnostics;
using System.Globalization;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>The built command as a process of its own, where standard input, the working directory or SIGKILL matter.</summary>
internal sealed class CommandProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _out;
    private readonly Task<string> _error;

    private CommandProcess(Process process)
    {
        _process = process;
        _out = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public Task Exited => _process.WaitForExitAsync(TestContext.Current.CancellationToken);

    public static CommandProcess Start(string workingDirectory, params string[] args) => Start(workingDirectory, null, args);

    /// <summary>Through another command, such as one that enters a mount namespace and becomes what follows.</summary>
    public static CommandProcess StartThrough(IReadOnlyList<string> prefix, string workingDirectory, params string[] args) =>
        Start(workingDirectory, null, args, prefix);

    private static CommandProcess Start(
        string workingDirectory, int? heapMegabytes, string[] args, IReadOnlyList<string>? prefix = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        // The build puts the command beside the tests.
        string[] line = [.. prefix ?? [], "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "streampipeline.dll"), .. args];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Code runs too briefly to be worth profiling.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        if (heapMegabytes is { } megabytes)
        {
            start.Environment["DOTNET_GCHeapHardLimit"] = (megabytes << 20).ToString("x", CultureInfo.InvariantCulture);
        }

        return new CommandProcess(Process.Start(start)!);
    }

    public static async Task<RunOutcome> Run(string workingDirectory, byte[] standardInput, params string[] args)
    {
        using var command = Start(workingDirectory, args);
        await using (var input = command._process.StandardInput.BaseStream)
        {
            await input.WriteAsync(standardInput, TestContext.Current.CancellationToken);
        }

        return await command.Outcome();
    }

    /// <summary>With further environment variables, which libraries read by themselves.</summary>
    public static async Task<RunOutcome> RunWith(IReadOnlyDictionary<string, string> environment, string workingDirectory, params string[] args)
    {
        using var command = Start(workingDirectory, null, args, environment: environment);
        command._process.StandardInput.Close();
        return await command.Outcome();
    }

    /// <summary>With a heap that cannot grow beyond a bound: what needs more memory fails.</summary>
    public static async Task<RunOutcome> RunWithin(int heapMegabytes, string workingDirectory, params string[] args)
    {
        using var command = Start(workingDirectory, heapMegabytes, args);
        command._process.StandardInput.Close();
        return await command.Outcome();
    }

    /// <summary>SIGKILL: nothing in the process gets to run any more. False when it had ended by itself.</summary>
    public async Task<bool> Kill()
    {
        _process.Kill();
        await Exited;
        return _process.ExitCode == 128 + 9;
    }

    public async Task<RunOutcome> Outcome()
    {
        await Exited;
        return new RunOutcome(_process.ExitCode, await _out, await _error);
    }

    /// <summary>Ends it if it still runs: a test that failed leaves nothing behind.</summary>
    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
