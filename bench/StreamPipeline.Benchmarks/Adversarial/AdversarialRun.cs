using System.Globalization;
using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Adversarial;

/// <summary><c>decode</c>: the decoder beside its baselines, on the ordinary events and on adversarial ones.</summary>
internal static class AdversarialRun
{
    private const int Rounds = 15;

    /// <param name="only">A part of a stage's name: or all of it: those alone are measured; null: all.</param>
    /// <param name="warmUp">How long each stage runs before it is measured.</param>
    /// <param name="output">Receives a table.</param>
    public static int Run(string? only, TimeSpan warmUp, TextWriter output)
    {
        using var iot = new StageInputs(EventShape.Iot);
        using var flights = new StageInputs(EventShape.Flights);
        string[] ordinary = [StageList.Poco, StageList.Reader, StageList.Decode, StageList.FlightsPoco, StageList.Flights];
        using var adversarial = new AdversarialInputs();
        List<Stage> stages = [.. StageList.Of(iot, flights).Where(stage => ordinary.Contains(stage.Name)), .. adversarial.Stages()];
        var isName = stages.Exists(stage => stage.Name == only);
        stages.RemoveAll(stage => only is not null && !(isName ? stage.Name == only : stage.Name.Contains(only, StringComparison.Ordinal)));
        StageFigure? last = null;
        foreach (var figure in Measured.All(stages, Rounds, warmUp))
        {
            var ratio = last is null ? 0 : figure.TimesFasterThan(last);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{figure.Name,-52}{figure.NsPerRecord,10:N0} ns/event{figure.BytesPerRecord,10:N1} B/event{ratio,8:N2} x the line before"));
            last = figure;
        }

        return 0;
    }
}
