namespace StreamPipeline.Benchmarks.Stages;

/// <summary>A stage or a baseline, ready to run over one batch.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Records">Of the batch.</param>
/// <param name="Run">Once over the batch.</param>
internal sealed record Stage(string Name, int Records, Func<long> Run);

/// <summary>What a stage takes.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="RoundsNs">Processor time per record, round by round.</param>
/// <param name="BytesPerRecord">Allocated on the managed heap; least of the rounds, since what a timer thread allocates is not the stage's.</param>
internal sealed record StageFigure(string Name, IReadOnlyList<double> RoundsNs, double BytesPerRecord)
{
    public double NsPerRecord => Measured.Median(RoundsNs);

    /// <summary>How many times as long the other takes: the median of the rounds' own ratios, for a busy machine slows both sides of a round.</summary>
    public double TimesFasterThan(StageFigure other) => Measured.Median(RoundsNs.Zip(other.RoundsNs, (own, others) => others / own));
}

/// <summary>Runs stages in turn, so that what else the machine does meets all of them, and takes the medians.</summary>
internal static class Measured
{
    /// <param name="stages">Run in this order, round after round.</param>
    /// <param name="rounds">Measured rounds, odd.</param>
    /// <param name="warmUp">How long each is run before: the JIT needs 30 calls and 100 ms of quiet for its best code.</param>
    public static List<StageFigure> All(IReadOnlyList<Stage> stages, int rounds, TimeSpan warmUp)
    {
        foreach (var stage in stages)
        {
            for (var start = Environment.CpuUsage.TotalTime; Environment.CpuUsage.TotalTime - start < warmUp;)
            {
                stage.Run();
            }
        }

        var times = stages.Select(_ => new List<double>(rounds)).ToArray();
        var bytes = stages.Select(_ => double.MaxValue).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < stages.Count; i++)
            {
                GC.Collect();
                var before = GC.GetTotalAllocatedBytes(precise: true);

                // Processor time: what others run on this machine is not the stage's.
                var start = Environment.CpuUsage.TotalTime;
                stages[i].Run();
                times[i].Add((Environment.CpuUsage.TotalTime - start).TotalNanoseconds / stages[i].Records);
                bytes[i] = Math.Min(bytes[i], (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)stages[i].Records);
            }
        }

        return [.. stages.Select((stage, i) => new StageFigure(stage.Name, times[i], bytes[i]))];
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
