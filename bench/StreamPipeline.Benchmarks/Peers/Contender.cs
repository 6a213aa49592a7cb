using System.Diagnostics;

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
internal readonly record struct JobTime(double Seconds, double CpuSeconds)
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
/// <param name="SilverBytes">Size of the silver files.</param>
/// <param name="Output">What it wrote.</param>
internal sealed record PeerFigure(string Name, double Seconds, double CpuSeconds, long SilverBytes, JobOutput Output);
