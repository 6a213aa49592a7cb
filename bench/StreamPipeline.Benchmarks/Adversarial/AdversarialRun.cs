using System.Globalization;
using StreamPipeline.Benchmarks.Baselines;
using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Benchmarks.Stages;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;

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
        using var decoder = new RecordDecoder(Contract(), new DecodeLimits(), new HashSet<string>());
        List<Stage> stages = [.. StageList.Of(iot, flights).Where(stage => ordinary.Contains(stage.Name)), .. Stages(decoder)];
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

    /// <summary>For each shape the baseline, then the decoder.</summary>
    public static List<Stage> Stages(RecordDecoder decoder)
    {
        var reader = new ReaderIntoColumns();
        List<Rejection> rejections = [];
        List<Stage> stages = [];
        foreach (var shape in Enum.GetValues<AdversarialShape>())
        {
            var events = shape is AdversarialShape.Unknown or AdversarialShape.Strange ? 300 : 3_000;
            var batch = Inputs.Batch(new AdversarialEvents(shape, seed: 1).Lines(events));
            stages.Add(new Stage(Baseline(shape), events, () => AllOf(events, reader.Decode(batch))));
            stages.Add(new Stage(Name(shape), events, () =>
            {
                using var decoded = decoder.Decode(batch, 0, rejections);
                return AllOf(events, decoded.RowCount);
            }));
        }

        return stages;
    }

    public static string Name(AdversarialShape shape) => $"adversarial, {shape}: decode";

    public static string Baseline(AdversarialShape shape) => $"adversarial, {shape}: baseline: Utf8JsonReader";

    public static Contract Contract()
    {
        var problems = new ProblemList();
        const string File = "adversarial.schema.json";
        return Core.Contracts.Contract.Compile(BenchPipelines.Files.Read(File, out _)!, File, problems) ?? throw new InvalidOperationException(string.Join('\n', problems.Items));
    }

    private static long AllOf(int events, int rows) =>
        rows == events ? rows : throw new InvalidOperationException($"{rows} of {events} events became rows: all are valid");
}
