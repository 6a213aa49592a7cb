using System.ComponentModel;
using System.Diagnostics;

namespace StreamPipeline.Tests;

/// <summary>A program of the user's machine, such as Python: without it a test is skipped, except in CI, where it fails.</summary>
internal static class ExternalTool
{
    /// <param name="need">What is needed and how to get it, for the skip reason.</param>
    /// <param name="probe">A command line that ends with 0 when it is there.</param>
    public static async Task Require(string need, params string[] probe)
    {
        bool isThere;
        try
        {
            isThere = (await Start(probe)).Code == 0;
        }
        catch (Win32Exception)
        {
            isThere = false;
        }

        if (!isThere)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"{need}: needed in CI");
            Assert.Skip(need);
        }
    }

    /// <summary>Runs it with credentials that mean nothing; standard output.</summary>
    public static async Task<string> Run(params string[] line)
    {
        var (code, output, error) = await Start(line);
        Assert.True(code == 0, $"{line[0]} ended with {code}: {error}");
        return output;
    }

    private static async Task<(int Code, string Out, string Error)> Start(string[] line)
    {
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["AWS_ACCESS_KEY_ID"] = "local";
        start.Environment["AWS_SECRET_ACCESS_KEY"] = "local";
        start.Environment["AWS_DEFAULT_REGION"] = "eu-central-1";
        start.Environment["AWS_CONFIG_FILE"] = "/nonexistent";
        start.Environment["AWS_SHARED_CREDENTIALS_FILE"] = "/nonexistent";
        start.Environment["AWS_PAGER"] = "";
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
