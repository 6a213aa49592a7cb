using System.Diagnostics;
using System.Globalization;
using StreamPipeline.Simulation.Tests.Mistakes;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>Many seeds on all cores; each run is wholly its own.</summary>
/// <param name="From">First seed.</param>
/// <param name="Seeds">How many.</param>
internal sealed record LongRun(ulong From, long Seeds)
{
    private const int FailuresShown = 20;

    /// <summary>Hunts every planted mistake and prints the table of ARCHITECTURE.md.</summary>
    /// <param name="output">Gets the table.</param>
    /// <param name="name">Only mistakes whose name holds this.</param>
    public static int HuntMistakes(TextWriter output, string name = "")
    {
        var pipeline = TinyPipeline.Compile();
        var catches = MistakeHunt.All.Where(planted => planted.Name.Contains(name, StringComparison.Ordinal)).AsParallel().AsOrdered().WithDegreeOfParallelism(Environment.ProcessorCount)
            .Select(planted => MistakeHunt.Hunt(planted, pipeline)).ToList();
        output.WriteLine(MistakeHunt.Table(catches));
        return catches.All(found => found.Seeds is not null) ? 0 : 1;
    }

    /// <summary>Null when the arguments do not ask for one.</summary>
    public static LongRun? TryParse(string[] arguments)
    {
        long? seeds = null;
        ulong from = 1;
        for (var i = 0; i + 1 < arguments.Length; i++)
        {
            if (arguments[i] == "--seeds")
            {
                seeds = long.Parse(arguments[i + 1], CultureInfo.InvariantCulture);
            }
            else if (arguments[i] == "--from")
            {
                from = ulong.Parse(arguments[i + 1], CultureInfo.InvariantCulture);
            }
        }

        return seeds is { } count ? new LongRun(from, count) : null;
    }

    /// <returns>Exit code: 0 when every invariant held in every run.</returns>
    public int Execute(TextWriter output)
    {
        var watch = Stopwatch.StartNew();
        var failures = Failures(out var steps);
        foreach (var failure in failures.Take(FailuresShown))
        {
            output.WriteLine($"seed {failure.Scenario.Seed}: {failure.Violation!.Message}");
        }

        var seconds = watch.Elapsed.TotalSeconds;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Seeds} seeds from {From}, {steps} steps, {failures.Count} failures, {seconds:F1} s, {Seeds / seconds:F1} seeds/s"));
        if (failures.Count > 0)
        {
            output.WriteLine(Minimiser.Explain(failures[0], () => Mistake.None));
        }

        return failures.Count == 0 ? 0 : 1;
    }

    /// <summary>Every failing run, by seed.</summary>
    public List<SimulationResult> Failures(out long steps)
    {
        var pipeline = TinyPipeline.Compile();
        var failures = new List<SimulationResult>();
        long allSteps = 0;
        long next = -1;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            for (var i = Interlocked.Increment(ref next); i < Seeds; i = Interlocked.Increment(ref next))
            {
                var result = SimulationRun.Run(Scenario.FromSeed(From + (ulong)i), pipeline, Mistake.None);
                Interlocked.Add(ref allSteps, result.Steps);
                if (result.Violation is not null)
                {
                    lock (failures)
                    {
                        failures.Add(result);
                    }
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        steps = allSteps;
        return [.. failures.OrderBy(failure => failure.Scenario.Seed)];
    }
}
