using System.Globalization;
using StreamPipeline.Benchmarks.Input;

namespace StreamPipeline.Benchmarks.Stages;

/// <summary><c>stages</c>: where a batch's time goes, in seconds rather than in BenchmarkDotNet's minutes.</summary>
internal static class StageTable
{
    private const int Rounds = 15;

    public static int Run(TextWriter output)
    {
        using var iot = new StageInputs(EventShape.Iot);
        using var flights = new StageInputs(EventShape.Flights);
        var stages = StageList.Of(iot, flights);
        foreach (var figure in Measured.All(stages, Rounds, TimeSpan.FromSeconds(1)))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure.Name,-44}{figure.NsPerRecord,10:N0} ns/event{figure.BytesPerRecord,10:N1} B/event"));
        }

        return 0;
    }
}
