using System.Diagnostics;
using System.Globalization;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>The product's job in an executable of its own, compiled ahead of time. Its start is part of its time.</summary>
internal static class NativeJob
{
    /// <summary>Null when it has not been published.</summary>
    public static string? Find(string folder)
    {
        var file = Path.Combine(folder, "StreamPipeline.Benchmarks.Native");
        return File.Exists(file) ? file : null;
    }

    public static async Task<JobTime?> Run(string executable, string input, string output)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(executable, [input, output]) { RedirectStandardOutput = true })!;
        var answer = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return process.ExitCode == 0 && double.TryParse(answer.Trim(), CultureInfo.InvariantCulture, out var cpu)
            ? new JobTime(seconds, cpu)
            : throw new InvalidOperationException($"{executable} ended with {process.ExitCode} and said '{answer.Trim()}'");
    }
}
