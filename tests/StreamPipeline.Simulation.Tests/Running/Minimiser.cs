using System.Text;
using StreamPipeline.Core;
using StreamPipeline.Simulation.Tests.Mistakes;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>Takes faults, records, shards and processes away from a failing run for as long as it fails in the same way.</summary>
internal static class Minimiser
{
    private const int LinesShown = 120;

    public static string Explain(SimulationResult failure, Func<Mistake> mistake)
    {
        var pipeline = TinyPipeline.Compile();
        var least = Minimise(failure, pipeline, mistake);
        var shown = SimulationRun.Run(least, pipeline, mistake(), recording: true);
        var text = new StringBuilder();
        text.AppendLine($"found in  {failure.Scenario}");
        text.AppendLine($"least     {least}");
        text.AppendLine($"violated  {shown.Violation?.Message}");
        text.AppendLine($"history   the last {Math.Min(LinesShown, shown.History.Count)} of {shown.History.Count} lines");
        foreach (var line in shown.History.Skip(shown.History.Count - LinesShown))
        {
            text.AppendLine(line);
        }

        return text.ToString();
    }

    public static Scenario Minimise(SimulationResult failure, Pipeline pipeline, Func<Mistake> mistake)
    {
        var least = failure.Scenario;
        var invariant = failure.Violation!.Invariant;
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var smaller in Smaller(least).ToList())
            {
                if (SimulationRun.Run(smaller, pipeline, mistake()).Violation?.Invariant == invariant)
                {
                    least = smaller;
                    changed = true;
                    break;
                }
            }
        }

        return least;
    }

    private static IEnumerable<Scenario> Smaller(Scenario scenario)
    {
        foreach (var records in new[] { scenario.Records / 4, scenario.Records / 2, scenario.Records * 3 / 4, scenario.Records - 1 }.Distinct())
        {
            if (records >= 1 && records < scenario.Records)
            {
                yield return scenario with { Records = records };
            }
        }

        foreach (var fault in scenario.Rates.Keys.Order())
        {
            yield return scenario.Without(fault);
        }

        if (scenario.Shards > 1)
        {
            yield return scenario with { Shards = scenario.Shards - 1 };
        }

        if (scenario.ProcessesMax > 1)
        {
            yield return scenario with { ProcessesMax = scenario.ProcessesMax - 1 };
        }
    }
}
