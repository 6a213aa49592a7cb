using System.Diagnostics;
using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>Who does the job.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Run">Does the job into a new folder. Returns what it took when it knows better than this process does (another process), else null.</param>
/// <param name="Tables">Below the folder: globs of silver, of the metric by site, of the metric by firmware.</param>
internal sealed record Contender(string Name, Func<string, Task<JobTime?>> Run, (string Silver, string Sites, string Firmware) Tables)
{
    public static readonly (string, string, string) PlainFiles = ("silver.parquet", "by_site.parquet", "by_firmware.parquet");

    public static readonly (string, string, string) LakeFiles = ("silver/iot/data/**/*.parquet", "gold/by_site/data/**/*.parquet", "gold/by_firmware/data/**/*.parquet");
}

/// <summary>What a run took.</summary>
/// <param name="Seconds">From start to end.</param>
/// <param name="CpuSeconds">Processor time of all threads.</param>
/// <param name="PeakBytes">The most memory that was resident, of a process of its own; 0 when it is not known.</param>
internal readonly record struct JobTime(double Seconds, double CpuSeconds, long PeakBytes = 0)
{
    public static async Task<JobTime> Of(Func<Task<JobTime?>> job)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        return await job() ?? new JobTime(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }
}

/// <summary>The figures of a contender.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Seconds">Median.</param>
/// <param name="CpuSeconds">Median; what the ratios are made of.</param>
/// <param name="PeakBytes">The most memory that was resident in any round, of a process of its own; 0 when it is not known.</param>
/// <param name="SilverRows">Rows of silver.</param>
/// <param name="SilverBytes">Size of the silver files; 0 when they are not written yet.</param>
/// <param name="Output">What it wrote; null when it is not in tables yet.</param>
internal sealed record PeerFigure(string Name, double Seconds, double CpuSeconds, long PeakBytes, long SilverRows, long SilverBytes, JobOutput? Output)
{
    public static PeerFigure Of(string name, IReadOnlyList<JobTime> rounds, long silverRows, long silverBytes, JobOutput? output) => new(
        name,
        Measured.Median(rounds.Select(time => time.Seconds)),
        Measured.Median(rounds.Select(time => time.CpuSeconds)),
        rounds.Max(time => time.PeakBytes),
        silverRows,
        silverBytes,
        output);
}
