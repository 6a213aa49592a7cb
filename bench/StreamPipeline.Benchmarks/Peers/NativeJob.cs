using System.Diagnostics;
using System.Globalization;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>
/// The product in an executable of its own, compiled ahead of time: a process that is told by lines on its standard input what to do and answers each with
/// a line. Owner: the race; it ends with its standard input.
/// </summary>
internal sealed class NativeJob : IDisposable
{
    private readonly Process _process;
    private readonly string _executable;
    private readonly long _started = Stopwatch.GetTimestamp();

    public NativeJob(string executable)
    {
        _executable = executable;
        _process = Process.Start(new ProcessStartInfo(executable) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Null when it has not been published.</summary>
    public static string? Find(string folder)
    {
        var file = Path.Combine(folder, "StreamPipeline.Benchmarks.Native");
        return File.Exists(file) ? file : null;
    }

    /// <summary>The whole job in a new process: its start is part of its time.</summary>
    public static async Task<JobTime?> RunCold(string executable, string input, string output)
    {
        using var job = new NativeJob(executable);
        var (time, total, _) = await job.Tell("job", input, output);
        return time with { Seconds = Stopwatch.GetElapsedTime(job._started).TotalSeconds, CpuSeconds = total };
    }

    /// <summary>Does one thing in the process as it is by now.</summary>
    /// <param name="command">See the executable's Program.cs.</param>
    /// <returns>What it took, the processor time of the process since it was started, and the rows of silver.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<(JobTime Time, double TotalCpuSeconds, long SilverRows)> Tell(params string[] command)
    {
        await _process.StandardInput.WriteLineAsync(string.Join('\t', command));
        await _process.StandardInput.FlushAsync();
        var answer = await _process.StandardOutput.ReadLineAsync();
        return answer?.Split(' ') is [var seconds, var cpu, var total, var peak, var rows]
            ? (new JobTime(Number(seconds), Number(cpu), (long)Number(peak)), Number(total), (long)Number(rows))
            : throw new InvalidOperationException($"{_executable}, told '{string.Join(' ', command)}', said '{answer ?? "nothing"}'");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
