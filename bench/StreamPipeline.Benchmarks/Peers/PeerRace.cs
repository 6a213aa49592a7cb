namespace StreamPipeline.Benchmarks.Peers;

/// <summary>Runs contenders in turn, each in a process of its own, and checks that all wrote the same.</summary>
internal static class PeerRace
{
    /// <summary>Payloads per round of the whole job, before and while it is measured: the JIT needs 30 calls for its best code.</summary>
    private const int WarmPayloads = 8;

    /// <inheritdoc cref="WarmPayloads"/>
    private const int MeasuredPayloads = 3;

    /// <summary>The whole job; one round as warm-up, in which the processes start.</summary>
    /// <param name="contenders">The first one's results are what the others' are held against.</param>
    /// <param name="input">A file of lines, or a folder of Lambda events.</param>
    /// <param name="rounds">Measured, odd.</param>
    /// <param name="folder">
    /// Each run gets a new folder in it, which stays: a file system may be slow to make files for minutes after many were deleted (ext4 looks for inodes that
    /// were not in use a moment ago), and the next run would pay for it.
    /// </param>
    /// <param name="progress">A line per run.</param>
    /// <exception cref="InvalidOperationException">Two contenders' results differ.</exception>
    public static async Task<List<PeerFigure>> Run(IReadOnlyList<Contender> contenders, string input, int rounds, string folder, TextWriter progress)
    {
        var processes = Start(contenders);
        try
        {
            var times = contenders.Select(_ => new List<JobTime>()).ToArray();
            var outputs = new JobOutput[contenders.Count];
            var sizes = new long[contenders.Count];
            for (var round = 0; round <= rounds; round++)
            {
                for (var i = 0; i < contenders.Count; i++)
                {
                    var output = Directory.CreateDirectory(Path.Combine(folder, $"{round}-{i}")).FullName;
                    var (time, _) = await processes[i].Tell("job", input, output);
                    await progress.WriteLineAsync($"{(round == 0 ? "warm-up" : $"round {round}")}: {contenders[i].Name} {time.Seconds:0.00} s, {time.CpuSeconds:0.00} s of processor time");
                    if (round == 0)
                    {
                        outputs[i] = Read(contenders[i], output);
                        outputs[0].CheckEqual(outputs[i], contenders[0].Name, contenders[i].Name);
                        sizes[i] = SilverBytes(output, contenders[i].Tables.Silver);
                    }
                    else
                    {
                        times[i].Add(time);
                    }
                }
            }

            return [.. contenders.Select((contender, i) => PeerFigure.Of(contender.Name, times[i], outputs[i].Silver, sizes[i], outputs[i]))];
        }
        finally
        {
            End(processes);
        }
    }

    /// <summary>
    /// One payload through processes that have done it before: for the product to a durable, committed batch (staged, not folded yet), for the others to
    /// their files.
    /// </summary>
    /// <param name="contenders">The first one's rows are what the others' are held against.</param>
    /// <param name="payload">A folder with one Lambda event.</param>
    /// <param name="rounds">Measured, odd.</param>
    /// <param name="folder">New folders are made in it.</param>
    /// <exception cref="InvalidOperationException">Two contenders found a different number of rows.</exception>
    public static async Task<List<PeerFigure>> RunWarm(IReadOnlyList<Contender> contenders, string payload, int rounds, string folder)
    {
        var processes = Start(contenders);
        try
        {
            var outputs = contenders.Select((_, i) => Directory.CreateDirectory(Path.Combine(folder, $"warm-{i}")).FullName).ToArray();
            for (var i = 0; i < contenders.Count; i++)
            {
                await processes[i].Tell("warm", payload, outputs[i]);
            }

            var times = contenders.Select(_ => new List<JobTime>()).ToArray();
            var silver = new long[contenders.Count];
            for (var round = -WarmPayloads * rounds; round < MeasuredPayloads * rounds; round++)
            {
                for (var i = 0; i < contenders.Count; i++)
                {
                    (var time, silver[i]) = await processes[i].Tell("commit");
                    if (round >= 0)
                    {
                        times[i].Add(time);
                    }
                }
            }

            for (var i = 0; i < contenders.Count; i++)
            {
                silver[i] = silver[i] == 0 ? Read(contenders[i], outputs[i]).Silver : silver[i];
                if (silver[i] != silver[0])
                {
                    throw new InvalidOperationException($"{contenders[i].Name} has {silver[i]} rows of silver, {contenders[0].Name} {silver[0]}");
                }
            }

            return [.. contenders.Select((contender, i) => PeerFigure.Of(contender.Name, times[i], silver[i], silverBytes: 0, output: null))];
        }
        finally
        {
            End(processes);
        }
    }

    private static List<PeerProcess> Start(IReadOnlyList<Contender> contenders) => [.. contenders.Select(contender => new PeerProcess(contender))];

    private static void End(List<PeerProcess> processes) => processes.ForEach(process => process.Dispose());

    private static JobOutput Read(Contender contender, string output)
    {
        var (silver, sites, firmware) = contender.Tables;
        return JobOutput.Read(Path.Combine(output, silver), Path.Combine(output, sites), Path.Combine(output, firmware));
    }

    private static long SilverBytes(string output, string silver)
    {
        var root = Path.Combine(output, silver.Split("/**")[0]);
        return File.Exists(root)
            ? new FileInfo(root).Length
            : new DirectoryInfo(root).EnumerateFiles("*.parquet", SearchOption.AllDirectories).Sum(file => file.Length);
    }
}
