using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>Runs contenders in turn, one round as warm-up, and checks that all wrote the same.</summary>
internal static class PeerRace
{
    /// <param name="contenders">The first one's results are what the others' are held against.</param>
    /// <param name="rounds">Measured, odd.</param>
    /// <param name="folder">Empty; each run gets a new folder in it, which is removed after it.</param>
    /// <param name="progress">A line per run.</param>
    /// <exception cref="InvalidOperationException">Two contenders' results differ.</exception>
    public static async Task<List<PeerFigure>> Run(IReadOnlyList<Contender> contenders, int rounds, string folder, TextWriter progress)
    {
        var times = contenders.Select(_ => new List<JobTime>()).ToArray();
        var outputs = new JobOutput[contenders.Count];
        var sizes = new long[contenders.Count];
        for (var round = 0; round <= rounds; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                var output = Directory.CreateDirectory(Path.Combine(folder, $"{round}-{i}")).FullName;
                GC.Collect();
                var time = await JobTime.Of(() => contenders[i].Run(output));
                await progress.WriteLineAsync($"{(round == 0 ? "warm-up" : $"round {round}")}: {contenders[i].Name} {time.Seconds:0.00} s, {time.CpuSeconds:0.00} s of processor time");
                if (round == 0)
                {
                    var (silver, sites, firmware) = contenders[i].Tables;
                    outputs[i] = JobOutput.Read(Path.Combine(output, silver), Path.Combine(output, sites), Path.Combine(output, firmware));
                    outputs[0].CheckEqual(outputs[i], contenders[0].Name, contenders[i].Name);
                    sizes[i] = SilverBytes(output, silver);
                }
                else
                {
                    times[i].Add(time);
                }

                Directory.Delete(output, recursive: true);
            }
        }

        return [.. contenders.Select((contender, i) => new PeerFigure(
            contender.Name, Measured.Median(times[i].Select(time => time.Seconds)), Measured.Median(times[i].Select(time => time.CpuSeconds)), sizes[i], outputs[i]))];
    }

    private static long SilverBytes(string output, string silver)
    {
        var root = Path.Combine(output, silver.Split("/**")[0]);
        return File.Exists(root)
            ? new FileInfo(root).Length
            : new DirectoryInfo(root).EnumerateFiles("*.parquet", SearchOption.AllDirectories).Sum(file => file.Length);
    }
}
