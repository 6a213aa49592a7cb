using System.ComponentModel;
using System.Diagnostics;

namespace StreamPipeline.Sam.Tests.Tools;

/// <summary>A finished run of a tool that is not ours: python3, node, cfn-lint, make.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a tool to its end. A tool that is not installed skips the test, and fails it in CI.</summary>
    /// <exception cref="TimeoutException">It ran for more than two minutes; it was killed.</exception>
    public static async Task<ToolRun> Of(string tool, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Project,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            Missing($"{tool} cannot be run: {error.Message}");
            throw;
        }

        using (process)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(Limit);
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(limit.Token);
                var error = process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return new ToolRun(process.ExitCode, await output, await error);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{tool} {string.Join(' ', start.ArgumentList)} ran for more than {Limit}");
            }
        }
    }

    /// <summary>A run that must succeed. What Python or Node cannot import skips the test, and fails it in CI.</summary>
    public static Task<string> Succeeding(string tool, params IEnumerable<string> arguments) => Succeeding(tool, arguments, environment: null);

    /// <summary>The same, with further environment variables.</summary>
    public static async Task<string> Succeeding(string tool, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var run = await Of(tool, arguments, environment);
        if (run.Error.Contains("ModuleNotFoundError", StringComparison.Ordinal))
        {
            Missing($"python3 lacks a package: run pip install -r {Repository.Project}/requirements.txt\n{run.Error}");
        }

        if (run.Error.Contains("Cannot find module", StringComparison.Ordinal))
        {
            Missing($"node lacks a package: run npm ci --ignore-scripts in {Repository.Project}\n{run.Error}");
        }

        Assert.True(run.ExitCode == 0, $"{tool} {string.Join(' ', arguments)} ended with {run.ExitCode}\n{run.Output}\n{run.Error}");
        return run.Output;
    }

    /// <summary>Skips the test on a machine without the tool. In CI nothing may be missing.</summary>
    public static void Missing(string reason)
    {
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", reason);
        Assert.Skip(reason);
    }
}
