using System.Globalization;
using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary><c>scale</c>: whether the whole job costs the same per event however much input there is. One warm native process does all sizes, in turn.</summary>
internal static class ScaleRun
{
    /// <summary>How far the slowest size may be behind the fastest.</summary>
    private const double SpreadMax = 0.15;

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

        if (Contender.NativeIsOld(nativeFolder) is { } old)
        {
            await progress.WriteLineAsync(old);
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
                for (var i = 0; i < inputs.Count; i++)
                {
                    // It stays until all has been measured, as in a race: see PeerRace.Run.
                    var lake = Directory.CreateDirectory(Path.Combine(folder, $"{round}-{i}")).FullName;
                    var (time, _) = await process.Tell("job", inputs[i].File, lake);
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
