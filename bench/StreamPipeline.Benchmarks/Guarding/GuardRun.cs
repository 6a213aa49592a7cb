using StreamPipeline.Benchmarks.Adversarial;
using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Benchmarks.Stages;

namespace StreamPipeline.Benchmarks.Guarding;

/// <summary><c>guard</c>: measures for about a minute and says whether a stage got slower or allocates more than what is committed.</summary>
internal static class GuardRun
{
    private const int Rounds = 21;

    /// <returns>0: all floors hold; 1: one does not.</returns>
    /// <param name="floorsFile">Path of floors.json.</param>
    /// <param name="slow">A stage to slow down on purpose, to see the guard fail; null: none.</param>
    /// <param name="output">Gets both sides of each comparison.</param>
    public static int Run(string floorsFile, string? slow, TextWriter output)
    {
        var floors = Floors.Read(File.ReadAllBytes(floorsFile));
        using var iot = new StageInputs(EventShape.Iot);
        using var flights = new StageInputs(EventShape.Flights);
        using var adversarial = new AdversarialInputs();
        List<Stage> stages = [.. StageList.Of(iot, flights), .. adversarial.Stages()];
        stages = stages.ConvertAll(stage => stage.Name == slow ? Slowed(stage) : stage);
        if (slow is not null && stages.TrueForAll(stage => stage.Name != slow))
        {
            throw new ArgumentException($"--slow '{slow}' is no stage; the stages are: {string.Join(", ", stages.Select(stage => $"'{stage.Name}'"))}");
        }

        var lines = Guard.Check(floors, Measured.All(stages, Rounds, TimeSpan.FromSeconds(1)));
        foreach (var line in lines)
        {
            output.WriteLine($"{(line.Holds ? "ok    " : "FAILED")} {line.Text}");
        }

        return lines.TrueForAll(line => line.Holds) ? 0 : 1;
    }

    /// <summary>The stage, run four times for each time it is asked.</summary>
    public static Stage Slowed(Stage stage) => stage with
    {
        Run = () =>
        {
            stage.Run();
            stage.Run();
            stage.Run();
            return stage.Run();
        },
    };
}
