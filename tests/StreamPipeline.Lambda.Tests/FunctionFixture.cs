using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Verification;
using StreamPipeline.Lambda.Functions;
using StreamPipeline.Lambda.Runtime;
using StreamPipeline.Lambda.Telemetry;

namespace StreamPipeline.Lambda.Tests;

/// <summary>A deployment in memory. Its stores can be replaced by ones that fail.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A memory stream holds nothing that must be released.")]
internal sealed class FunctionFixture
{
    private readonly MemoryStream _output = new();

    public FunctionFixture(IStateStore? state = null, IObjectStore? objects = null)
    {
        State = state ?? Memory;
        Objects = objects ?? MemoryObjects;
        Log = new JsonLog(_output, Time);
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddTicks(10 * (SmallPipeline.StartUs + (3_600 * SmallPipeline.SecondUs))));

    public MemoryStateStore Memory { get; } = new();

    public MemoryObjectStore MemoryObjects { get; } = new();

    public IStateStore State { get; set; }

    public IObjectStore Objects { get; set; }

    public IBronze? Bronze { get; set; }

    public JsonLog Log { get; }

    public CountedAttempts Attempts { get; } = new("a");

    public Pipeline Pipeline { get; set; } = SmallPipeline.Compile(SmallPipeline.Yaml());

    /// <summary>What ListShards answers.</summary>
    public List<ShardEntry> Shards { get; } = [new("s0", []), new("s1", [])];

    public int ListShardsCalls { get; private set; }

    public double WriteUnits { get; set; }

    public StreamCatalog Catalog => new(Memory, "s", Attempts);

    /// <summary>Lines of standard output, parsed.</summary>
    public IReadOnlyList<JsonElement> Lines =>
        [.. Encoding.UTF8.GetString(_output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    public IEnumerable<JsonElement> Metrics => Lines.Where(line => line.TryGetProperty("_aws", out _));

    public Deployment Deployment() => new()
    {
        Pipeline = Pipeline,
        State = State,
        Objects = Objects,
        Bronze = Bronze ?? new ObjectBronze(Objects),
        Attempts = Attempts,
        Time = Time,
        Log = Log,
        Output = _output,
        ListShards = _ =>
        {
            ListShardsCalls++;
            return Task.FromResult<IReadOnlyList<ShardEntry>>(Shards);
        },
        WriteUnits = () => WriteUnits,
        NewSeed = () => 7,
    };

    public static Task<string> Answer(IFunction function, byte[] payload) => Invoke(function, payload, TestContext.Current.CancellationToken);

    public static async Task<string> Invoke(IFunction function, byte[] payload, CancellationToken cancellation)
    {
        var response = new ArrayBufferWriter<byte>();
        await function.Handle(new Invocation("r1", DateTimeOffset.MaxValue, null, null, payload), response, cancellation);
        return Encoding.UTF8.GetString(response.WrittenSpan);
    }

    public async Task<Counts> Totals()
    {
        var totals = default(Counts);
        foreach (var shard in await Catalog.Shards(TestContext.Current.CancellationToken))
        {
            totals += (await new CommittedBatches(Memory, "s").Head(shard.Shard, TestContext.Current.CancellationToken))?.Totals ?? default;
        }

        return totals;
    }

    public Task<VerifyReport> Verify() => new Verify(Pipeline, Memory, MemoryObjects, Catalog).Run(progress: null, TestContext.Current.CancellationToken);
}
