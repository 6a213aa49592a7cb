using System.Globalization;
using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary><c>scale</c>: whether the whole job costs the same per event however much input there is. One warm native process does all sizes, in turn.</summary>
internal static class ScaleRun
{
    /// <summary>How far the slowest size may be behind the fastest.</summary>
    private const double SpreadMax = 0.15;

    /// <summary>
    /// Between two rounds: ext4 is slow to make files for a minute after some were deleted, and the largest job deletes hundreds of staged files, for which the smallest would pay.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(65);

    /// <summary>A smaller input is done again and again in a round until it has been so much: what the process takes anew after a pause is not a property of the size.</summary>
    private const int RoundMbMin = 100;

    /// <summary>Bytes of a generated line, about.</summary>
    private const double LineBytes = 279;

    /// <param name="sizesMb">Sizes of the inputs, MB.</param>
    /// <param name="rounds">Measured, odd.</param>
    /// <param name="nativeFolder">The published executable.</param>
    /// <param name="output">Gets the table.</param>
    /// <param name="progress">A line per run.</param>
    /// <returns>0: the spread is within its limit; 1: it is not; 2: the executable is missing.</returns>
    public static async Task<int> Run(IReadOnlyList<int> sizesMb, int rounds, string nativeFolder, TextWriter output, TextWriter progress)
    {
        if (Contender.Native(nativeFolder) is not { } native)
        {
            await output.WriteLineAsync($"dotnet publish -c Release bench/StreamPipeline.Benchmarks.Native -o {nativeFolder}");
            return 2;
        }

        var folder = Directory.CreateTempSubdirectory("streampipeline-scale-").FullName;
        try
        {
            var inputs = sizesMb.Select(size => (Size: size, Events: (long)(size * 1e6 / LineBytes), File: Path.Combine(folder, $"{size}.ndjson"))).ToList();
            foreach (var (_, events, file) in inputs)
            {
                PeerInputs.WriteLines(file, events);
            }

            using var process = new PeerProcess(native);
            var times = inputs.ConvertAll(_ => new List<JobTime>());
            for (var round = 0; round <= rounds; round++)
            {
                if (round > 0)
                {
                    await progress.WriteLineAsync($"a pause of {Pause.TotalSeconds:0} s, until the file system has forgotten what was deleted");
                    await Task.Delay(Pause);
                }

                for (var i = 0; i < inputs.Count; i++)
                {
                    var jobs = Math.Max(1, RoundMbMin / inputs[i].Size);
                    var (seconds, cpuSeconds, peakBytes) = (0.0, 0.0, 0L);
                    for (var job = 0; job < jobs; job++)
                    {
                        // It stays until all has been measured, as in a race: see PeerRace.Run.
                        var lake = Directory.CreateDirectory(Path.Combine(folder, $"{round}-{i}-{job}")).FullName;
                        var (one, _) = await process.Tell("job", inputs[i].File, lake);
                        (seconds, cpuSeconds, peakBytes) = (seconds + (one.Seconds / jobs), cpuSeconds + (one.CpuSeconds / jobs), one.PeakBytes);
                    }

                    var time = new JobTime(seconds, cpuSeconds, peakBytes);
                    await progress.WriteLineAsync($"{(round == 0 ? "warm-up" : $"round {round}")}: {inputs[i].Size} MB {time.Seconds:0.00} s, {time.CpuSeconds:0.00} s of processor time");
                    if (round > 0)
                    {
                        times[i].Add(time);
                    }
                }
            }

            return await Report([.. inputs.Select((input, i) => (input.Size, input.Events, Measured.Median(times[i].Select(time => time.CpuSeconds)), times[i].Max(time => time.PeakBytes)))], rounds, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> Report(IReadOnlyList<(int Size, long Events, double CpuSeconds, long PeakBytes)> sizes, int rounds, TextWriter output)
    {
        await output.WriteLineAsync($"{PeersRun.Cpu()}; the whole job, Native AOT, one warm process; medians of {rounds} rounds of processor time\n");
        await output.WriteLineAsync("| input | events | ns/event | MB/s per core | peak RSS MB so far |\n|---|---|---|---|---|");
        foreach (var (size, events, cpu, peak) in sizes)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"| {size:N0} MB | {events:N0} | {cpu * 1e9 / events:N0} | {size / cpu:0} | {peak / 1e6:0} |"));
        }

        var perEvent = sizes.Select(size => size.CpuSeconds / size.Events).ToList();
        var spread = (perEvent.Max() / perEvent.Min()) - 1;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"\nspread {spread:P1}, at most {SpreadMax:P0} is wanted"));
        return spread <= SpreadMax ? 0 : 1;
    }
}
