using StreamPipeline.Benchmarks.Baselines;
using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Benchmarks.Stages;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Benchmarks.Adversarial;

/// <summary>A batch of each adversarial shape, and a decoder for each, as warm as that of a stream of such events.</summary>
internal sealed class AdversarialInputs : IDisposable
{
    private readonly List<RecordDecoder> _decoders = [];
    private readonly ReaderIntoColumns _reader = new();
    private readonly List<Rejection> _rejections = [];
    private readonly Contract _contract = Contract();

    public static string Name(AdversarialShape shape) => $"adversarial, {shape}: decode";

    public static string Baseline(AdversarialShape shape) => $"adversarial, {shape}: baseline: Utf8JsonReader";

    /// <summary>For each shape the baseline, then the decoder.</summary>
    public List<Stage> Stages()
    {
        List<Stage> stages = [];
        foreach (var shape in Enum.GetValues<AdversarialShape>())
        {
            var events = shape is AdversarialShape.Unknown or AdversarialShape.Strange or AdversarialShape.Shuffled or AdversarialShape.Nested ? 300 : 3_000;
            var batch = Inputs.Batch(new AdversarialEvents(shape, seed: 1).Lines(events));
            var decoder = new RecordDecoder(_contract, new DecodeLimits(), new HashSet<string>());
            _decoders.Add(decoder);
            stages.Add(new Stage(Baseline(shape), events, () => AllOf(events, _reader.Decode(batch))));
            stages.Add(new Stage(Name(shape), events, () =>
            {
                using var decoded = decoder.Decode(batch, 0, _rejections);
                return AllOf(events, decoded.RowCount);
            }));
        }

        return stages;
    }

    public void Dispose() => _decoders.ForEach(decoder => decoder.Dispose());

    private static Contract Contract()
    {
        var problems = new ProblemList();
        const string File = "adversarial.schema.json";
        return Core.Contracts.Contract.Compile(BenchPipelines.Files.Read(File, out _)!, File, problems) ?? throw new InvalidOperationException(string.Join('\n', problems.Items));
    }

    private static long AllOf(int events, int rows) =>
        rows == events ? rows : throw new InvalidOperationException($"{rows} of {events} events became rows: all are valid");
}
