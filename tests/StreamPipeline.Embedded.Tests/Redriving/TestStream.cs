using System.Text;
using Apache.Arrow;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Redrive;

namespace StreamPipeline.Embedded.Tests.Redriving;

/// <summary>A stream in memory: events have a key <c>id</c> and a number <c>n</c> that the contract bounds.</summary>
internal sealed class TestStream
{
    public const ulong Seed = 7;
    private const long StartUs = 1_704_067_200_000_000;
    private const string Name = "t";

    public TestStream()
    {
        State = new HookedStateStore(new MemoryStateStore());
        Catalog = new StreamCatalog(State, Name, Attempts);
    }

    public HookedStateStore State { get; }

    public MemoryObjectStore Objects { get; } = new();

    public CountedAttempts Attempts { get; } = new("a");

    public StreamCatalog Catalog { get; }

    public static Pipeline Compile(int maximum, DedupScope scope = DedupScope.Shard, bool gate = false)
    {
        var yaml = $$"""
            name: t
            stream: {{Name}}
            contract: c.json
            eventTime: { field: at, maxFuture: 1h }
            dedup: { key: [id], horizon: 24h, scope: {{(scope == DedupScope.Stream ? "stream" : "shard")}} }
            {{(gate ? "quality: { ruleset: q.dqdl, gate: 0.5 }" : "")}}
            metrics:
              - name: hourly
                window: { tumbling: 1h }
                measures: { events: count() }
            """;
        var files = new Files(new Dictionary<string, string>
        {
            ["c.json"] = $$$$"""
                {"type":"object","required":["id","at","n"],"properties":
                {"id":{"type":"string"},"at":{"type":"string","format":"date-time"},"n":{"type":"integer","maximum":{{{{maximum}}}}}}}
                """,
            ["q.dqdl"] = "Rules = [ RowCount > 1 ]",
        });
        var problems = new ProblemList();
        var settings = PipelineFile.Parse(Encoding.UTF8.GetBytes(yaml), "p.yaml", problems);
        var pipeline = settings is null ? null : Pipeline.Compile(settings, files, _ => null, problems);
        Assert.Empty(problems.Items);
        return pipeline!;
    }

    public ShardConsumer Consumer(Pipeline pipeline, string shard, params string[] parents) =>
        new(pipeline, new ShardEntry(shard, parents), Seed, State, Objects, Attempts);

    public RedriveConsumer Redrive(Pipeline pipeline, string shard) =>
        new(pipeline, shard, Seed, State, Objects, Catalog, Attempts);

    public ValueTask Register(string shard, params string[] parents) => Catalog.Register(new ShardEntry(shard, parents), CancellationToken.None);

    /// <summary>Records of consecutive sequence numbers, one second apart.</summary>
    public static MicroBatch Batch(string shard, int first, params (string Id, int N)[] events) => new(
        shard, [.. events.Select((e, i) => new StreamRecord(SequenceNumber.From((UInt128)(first + i)), Json(e.Id, e.N, first + i), ArrivalUs(first + i)))]);

    public static RedriveEvent Event(string shard, int sequence, string id, int n) =>
        new(shard, sequence.ToString(System.Globalization.CultureInfo.InvariantCulture), Json(id, n, sequence), ArrivalUs(sequence));

    public static long ArrivalUs(int sequence) => StartUs + (sequence * 1_000_000L);

    public async Task<ShardHead?> Head(string shard) => await new CommittedBatches(State, Name).Head(shard, CancellationToken.None);

    public async Task<List<BatchItem>> Items(string shard)
    {
        var items = new List<BatchItem>();
        await foreach (var item in new CommittedBatches(State, Name).Of(shard, 0, CancellationToken.None))
        {
            items.Add(item);
        }

        return items;
    }

    /// <summary>Keys of all committed silver rows, in order of text.</summary>
    public async Task<List<string>> SilverIds()
    {
        var ids = new List<string>();
        foreach (var shard in await Catalog.Shards(CancellationToken.None))
        {
            foreach (var item in await Items(shard.Shard))
            {
                if (item.Silver is { } silver)
                {
                    using var rows = StagedFile.Decode((await Objects.Get(silver.Key, CancellationToken.None))!, silver);
                    var column = (StringArray)rows.Column("id");
                    ids.AddRange(Enumerable.Range(0, rows.Length).Select(row => column.GetString(row)));
                }
            }
        }

        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    /// <summary>What a selection of all quarantined events of a shard gives.</summary>
    public async Task<List<RedriveEvent>> Quarantined(string shard)
    {
        var events = new List<RedriveEvent>();
        foreach (var item in await Items(shard))
        {
            if (item.Quarantine is { } quarantine)
            {
                using var rows = StagedFile.Decode((await Objects.Get(quarantine.Key, CancellationToken.None))!, quarantine);
                for (var row = 0; row < rows.Length; row++)
                {
                    events.Add(new RedriveEvent(
                        shard,
                        ((StringArray)rows.Column("_sequence")).GetString(row),
                        ((BinaryArray)rows.Column("raw")).GetBytes(row).ToArray(),
                        ((TimestampArray)rows.Column("_arrival_time")).Values[row]));
                }
            }
        }

        return events;
    }

    private static byte[] Json(string id, int n, int sequence) => Encoding.UTF8.GetBytes(
        $$"""{"id":"{{id}}","at":"{{DateTime.UnixEpoch.AddMicroseconds(ArrivalUs(sequence)):yyyy-MM-dd'T'HH:mm:ss'Z'}}","n":{{n}}}""");

    private sealed class Files(Dictionary<string, string> files) : IConfigurationFiles
    {
        public byte[]? Read(string relativePath, out string error)
        {
            error = "";
            return Encoding.UTF8.GetBytes(files[relativePath]);
        }
    }
}
