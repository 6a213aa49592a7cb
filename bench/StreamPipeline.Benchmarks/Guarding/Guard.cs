using System.Globalization;
using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Guarding;

/// <summary>One comparison, both sides.</summary>
/// <param name="Holds">Whether the measured side is on the right side of the committed one.</param>
/// <param name="Text">A line for a person.</param>
internal sealed record GuardLine(bool Holds, string Text);

/// <summary>Holds a run's figures against the committed floors. A figure that is missing fails: a stage that was renamed is not guarded any more.</summary>
internal static class Guard
{
    public static List<GuardLine> Check(Floors floors, IReadOnlyList<StageFigure> figures)
    {
        var byName = figures.ToDictionary(figure => figure.Name, StringComparer.Ordinal);
        var lines = new List<GuardLine>();
        foreach (var ratio in floors.Ratios)
        {
            if (!byName.TryGetValue(ratio.Stage, out var stage) || !byName.TryGetValue(ratio.Baseline, out var baseline))
            {
                lines.Add(new GuardLine(false, $"'{ratio.Stage}' against '{ratio.Baseline}': not measured; floors.json names a stage that is gone"));
                continue;
            }

            var measured = stage.TimesFasterThan(baseline);
            lines.Add(new GuardLine(measured >= ratio.Floor, string.Create(
                CultureInfo.InvariantCulture,
                $"{ratio.Stage}: {measured:0.00} x {ratio.Baseline} ({stage.NsPerRecord:N0} ns and {baseline.NsPerRecord:N0} ns per event); floor {ratio.Floor:0.00}{Target(ratio.Target)}")));
        }

        foreach (var ceiling in floors.Allocated)
        {
            if (!byName.TryGetValue(ceiling.Stage, out var stage))
            {
                lines.Add(new GuardLine(false, $"'{ceiling.Stage}': not measured; floors.json names a stage that is gone"));
                continue;
            }

            lines.Add(new GuardLine(stage.BytesPerRecord <= ceiling.Ceiling, string.Create(
                CultureInfo.InvariantCulture, $"{ceiling.Stage}: {stage.BytesPerRecord:N1} bytes allocated per event; ceiling {ceiling.Ceiling:N1}{Target(ceiling.Target)}")));
        }

        return lines;
    }

    private static string Target(double? target) => target is null ? "" : string.Create(CultureInfo.InvariantCulture, $", target {target}");
}
