using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Commit;

/// <summary>A stream of the <see cref="SmallPipeline"/> over in-memory stores.</summary>
internal sealed class StreamFixture
{
    private const string Stream = "s";

    private readonly CountedAttempts _attempts;

    /// <param name="settings">Of the pipeline; null: the small one's.</param>
    /// <param name="objects">A lake that is there; null: a new one.</param>
    /// <param name="attempts">What the names of attempts begin with.</param>
    public StreamFixture(string? settings = null, MemoryObjectStore? objects = null, string attempts = "a")
    {
        Objects = objects ?? new MemoryObjectStore();
        _attempts = new CountedAttempts(attempts);
        Pipeline = SmallPipeline.Compile(settings ?? SmallPipeline.Yaml());
        Catalog = new StreamCatalog(State, Stream, _attempts);
        Batches = new CommittedBatches(State, Stream);
        Silver = new LakeTable(Objects, "silver/s");
        Gold = new GoldTable(Objects, new LakeTable(Objects, "gold/m"), _attempts);
        Fold = new Fold(Objects, Silver, new LakeTable(Objects, "quarantine/s"), _attempts);
        Roll = NewRoll(State);
    }

    public MemoryStateStore State { get; } = new();

    public MemoryObjectStore Objects { get; }

    public Pipeline Pipeline { get; }

    public StreamCatalog Catalog { get; }

    public CommittedBatches Batches { get; }

    public LakeTable Silver { get; }

    public GoldTable Gold { get; }

    public Fold Fold { get; }

    public Roll Roll { get; }

    public Roll NewRoll(IStateStore state) => new(
        Pipeline, state, new Dictionary<string, GoldTable> { ["m"] = Gold }, new StreamCatalog(state, Stream, _attempts), _attempts);

    /// <summary>A consumer of its own memory: one process.</summary>
    public async Task<ShardConsumer> Consumer(string shard, params string[] parents)
    {
        await Catalog.Register(new ShardEntry(shard, parents), CancellationToken.None);
        return Again(shard, parents);
    }

    public ShardConsumer Again(string shard, params string[] parents) =>
        new(Pipeline, new ShardEntry(shard, parents), seed: 7, State, Objects, _attempts);

    public async Task<ShardHead> Head(string shard) => (await Batches.Head(shard, CancellationToken.None))!;

    public async Task<List<BatchItem>> Items(string shard)
    {
        var items = new List<BatchItem>();
        await foreach (var item in Batches.Of(shard, after: 0, CancellationToken.None))
        {
            items.Add(item);
        }

        return items;
    }

    public Task<RollReport> Close() => Roll.Run(closeAll: true, clock: null, CancellationToken.None).AsTask();

    public async Task FoldAll() =>
        await Fold.Run(Batches.Unfolded(await Catalog.Shards(CancellationToken.None), (await Silver.Load(CancellationToken.None)).Folded, CancellationToken.None), CancellationToken.None);

    /// <summary>Rows of silver by shard and sequence number.</summary>
    public async Task<List<(string Shard, long Sequence, string Id, string Key, long TimeUs)>> SilverRows()
    {
        await FoldAll();
        var rows = new List<(string, long, string, string, long)>();
        await foreach (var batch in Rows(Silver))
        {
            for (var i = 0; i < batch.Length; i++)
            {
                rows.Add((Text(batch, "_shard", i), long.Parse(Text(batch, "_sequence", i), null), Text(batch, "id", i), Text(batch, "k", i), Time(batch, "_event_time", i)));
            }
        }

        rows.Sort();
        return rows;
    }

    /// <summary>Gold: window start and group → rows.</summary>
    public async Task<SortedDictionary<(long StartUs, string Key), long>> GoldRows()
    {
        var rows = new SortedDictionary<(long, string), long>();
        await foreach (var batch in Rows(Gold.Table))
        {
            for (var i = 0; i < batch.Length; i++)
            {
                rows.Add((Time(batch, "window_start", i), Text(batch, "k", i)), ((Int64Array)batch.Column("rows")).GetValue(i)!.Value);
            }
        }

        return rows;
    }

    private async IAsyncEnumerable<RecordBatch> Rows(LakeTable table)
    {
        foreach (var file in (await table.Open(CancellationToken.None)).Files)
        {
            yield return await ParquetTableFile.Read(await Objects.Get(file.Path, CancellationToken.None), CancellationToken.None);
        }
    }

    private static string Text(RecordBatch batch, string column, int row) => ((StringArray)batch.Column(column)).GetString(row);

    private static long Time(RecordBatch batch, string column, int row) => ((TimestampArray)batch.Column(column)).Values[row];
}
