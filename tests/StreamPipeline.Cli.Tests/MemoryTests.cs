using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace StreamPipeline.Cli.Tests;

/// <summary>The real command, as a process, over files that are large beside the memory it may take.</summary>
public sealed class MemoryTests(ITestOutputHelper log) : IDisposable
{
    private const int BytesPerEvent = 275;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_run_over_60_megabytes_stays_below_300_megabytes_of_memory() => Measure(megabytes: 60, shards: 4, mostMegabytes: 300);

    /// <summary>The peak must not grow with the input: <c>STREAMPIPELINE_MEMORY_TEST_MB=500</c> runs the same over 500 MB.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_run_stays_below_400_megabytes_of_memory_however_large_its_input(int shards)
    {
        var megabytes = int.Parse(Environment.GetEnvironmentVariable("STREAMPIPELINE_MEMORY_TEST_MB") ?? "40", CultureInfo.InvariantCulture);
        Measure(megabytes, shards, mostMegabytes: 400);
    }

    private void Measure(int megabytes, int shards, int mostMegabytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        var events = Path.Combine(_folder.FullName, "events.ndjson");
        var pipeline = Path.Combine(Samples.Folder, "iot", "pipeline.yaml");
        var lines = megabytes * 1_000_000L / BytesPerEvent;
        Run("generate", "--pipeline", pipeline, "--events", lines.ToString(CultureInfo.InvariantCulture), "--duplicates", "1%", "--late", "1%", "--rate", "100", "--out", events);
        var run = Run(
            "run", "--pipeline", pipeline, "--input", events, "--lake", Path.Combine(_folder.FullName, "lake"),
            "--shards", shards.ToString(CultureInfo.InvariantCulture), "--output", "json");

        using var counts = JsonDocument.Parse(run.Output);
        var seconds = counts.RootElement.GetProperty("seconds").GetDouble();
        var bytes = new FileInfo(events).Length;
        log.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{bytes / 1e6:0} MB, {shards} shards: {lines / seconds:0} events/s, {bytes / 1e6 / seconds:0.0} MB/s, peak {run.PeakKilobytes / 1024} MB"));
        Assert.Equal(lines, counts.RootElement.GetProperty("records").GetInt64());
        Assert.InRange(run.PeakKilobytes / 1024, 1, mostMegabytes - 1);
    }

    private static (string Output, long PeakKilobytes) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "streampipeline.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["STREAMPIPELINE_MASK_KEY"] = "0123456789abcdef0123456789abcdef" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var peak = 0L;
        while (!process.WaitForExit(20))
        {
            peak = Math.Max(peak, PeakKilobytes(process.Id));
        }

        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}: {error.GetAwaiter().GetResult()}");
        return (output.GetAwaiter().GetResult(), peak);
    }

    /// <summary>The greatest resident set so far; 0 once the process has ended.</summary>
    private static long PeakKilobytes(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan("VmHWM:".Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
