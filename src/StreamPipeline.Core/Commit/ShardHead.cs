using System.Text.Json;
using System.Text.Json.Serialization;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// A shard's committed state. Invariants: generation and last sequence only grow; every record at or below the last sequence
/// is in exactly one of silver, duplicate or quarantined; the watermark never falls; a final head never commits records again.
/// </summary>
public sealed record ShardHead
{
    /// <summary>Commits so far, seals and the final one included; also the item's version in the state table.</summary>
    public required long Generation { get; init; }

    /// <summary>The attempt that made the last commit: how a consumer recognises its own after an answer got lost.</summary>
    public required string Attempt { get; init; }

    /// <summary>Decimal; records at or below it are replays. Null: no record yet, the head was made by a seal or by a child (reshard).</summary>
    public string? LastSequence { get; init; }

    /// <summary>
    /// Greatest event time in silver, or what the shard started with or was sealed to when that is later; microseconds since the epoch;
    /// <see cref="long.MinValue"/> before the first.
    /// </summary>
    public required long WatermarkUs { get; init; }

    /// <summary>Greatest arrival time of its records, microseconds since the epoch: when its seen segments expire. Null: no record yet.</summary>
    public long? LastArrivalUs { get; init; }

    /// <summary>A child took over (reshard): the shard has no further records.</summary>
    public bool Final { get; init; }

    public required Counts Totals { get; init; }

    /// <summary>Late records per metric, by metric name.</summary>
    public required IReadOnlyDictionary<string, long> LatePerMetric { get; init; }

    /// <summary>The pane layers whose merge is the shard's contribution to every window that is not rolled for good.</summary>
    public required IReadOnlyList<PaneLayerRef> Panes { get; init; }

    /// <summary>Shards whose seen segments still count here: the parents and theirs (reshard).</summary>
    public required IReadOnlyList<string> Ancestors { get; init; }

    /// <summary>Keys that left the seen-set before their horizon because it was full.</summary>
    public long EvictedKeys { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StateJson.Default.ShardHead);

    public static ShardHead FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, StateJson.Default.ShardHead)
        ?? throw new InvalidDataException("the shard head is the JSON value null");
}

/// <summary>Events per disposition. Invariant: <c>Records = Silver + Duplicates + Quarantined</c>.</summary>
/// <param name="Records">Events that were new, that is not replays.</param>
/// <param name="Silver">Valid and unique.</param>
/// <param name="Duplicates">Copies of an event in silver.</param>
/// <param name="Quarantined">Failed the contract, a rule or the gate.</param>
/// <param name="Late">Silver events that came too late for at least one of their windows.</param>
public readonly record struct Counts(long Records, long Silver, long Duplicates, long Quarantined, long Late)
{
    public static Counts operator +(Counts left, Counts right) => new(
        left.Records + right.Records,
        left.Silver + right.Silver,
        left.Duplicates + right.Duplicates,
        left.Quarantined + right.Quarantined,
        left.Late + right.Late);

    public Counts Add(Counts other) => this + other;
}

/// <summary>A committed pane layer: the items <c>PANES#attempt#part</c>.</summary>
/// <param name="Attempt">The attempt that wrote it.</param>
/// <param name="Parts">How many items it has.</param>
/// <param name="Groups">How many (metric, window, group) states it holds.</param>
/// <param name="Level">0 for one batch's layer; merging <see cref="PaneLayers.FanIn"/> layers of one level makes one of the next.</param>
/// <param name="FirstWindowUs">Least window start in it.</param>
/// <param name="LastWindowEndUs">Greatest window end in it.</param>
public sealed record PaneLayerRef(string Attempt, int Parts, long Groups, int Level, long FirstWindowUs, long LastWindowEndUs);

/// <summary>What a generation of a shard's head is: <see cref="BatchItem.Kind"/>.</summary>
public static class BatchKind
{
    /// <summary>Records were committed.</summary>
    public const string Batch = "batch";

    /// <summary>The shard was idle and its watermark was raised to that of the others, so that windows close.</summary>
    public const string Seal = "seal";

    /// <summary>A child took over (reshard).</summary>
    public const string Final = "final";

    /// <summary>Another shard's seen segments count here from now on.</summary>
    public const string Attach = "attach";

    /// <summary>A redrive begins on this lane.</summary>
    public const string Open = "open";

    /// <summary>An attempt at this generation was ended, because another shard had to know whether a key it claimed is taken.</summary>
    public const string Fence = "fence";
}

/// <summary>
/// What one generation of a shard's head was; written in the transaction that swaps the head, so that there is one for each.
/// The watermark of a shard before each of its records follows from the items and silver alone: start at <see cref="long.MinValue"/>; in
/// generation order, raise it to the item's <see cref="SealedWatermarkUs"/>, then to each event time of its silver rows.
/// </summary>
public sealed record BatchItem
{
    /// <summary>One of <see cref="BatchKind"/>. All but a batch have no records, files or counts.</summary>
    public string Kind { get; init; } = BatchKind.Batch;

    public required long Generation { get; init; }

    public required string Attempt { get; init; }

    /// <summary>Decimal, of the first record; null without records.</summary>
    public string? FirstSequence { get; init; }

    /// <summary>Decimal, of the last record; null without records.</summary>
    public string? LastSequence { get; init; }

    public Counts Counts { get; init; }

    /// <summary>
    /// The watermark before the item's records, where it is not that of the records before: a seal's, or, in the first item of a shard, what it
    /// started with (its parents' watermark, or how far gold was closed). Null: unchanged.
    /// </summary>
    public long? SealedWatermarkUs { get; init; }

    /// <summary>Rules passed / rules; null without a ruleset or without rows to judge.</summary>
    public double? Score { get; init; }

    /// <summary>Rows that passed every row rule / rows judged.</summary>
    public double? RowScore { get; init; }

    public IReadOnlyList<string> FailedRules { get; init; } = [];

    /// <summary>Quarantined events by <see cref="Decoding.QuarantineReason"/>.</summary>
    public IReadOnlyDictionary<string, long> QuarantinedBy { get; init; } = new Dictionary<string, long>();

    /// <summary>Whether the gate sent the batch to quarantine.</summary>
    public bool Gated { get; init; }

    /// <summary>Greatest arrival time in the batch, microseconds since the epoch; null without records.</summary>
    public long? ArrivalUs { get; init; }

    public StagedRef? Silver { get; init; }

    public StagedRef? Quarantine { get; init; }

    /// <summary>Object key of the raw records, or a <see cref="Lake.BronzeDelivery"/>; null without records.</summary>
    public string? Bronze { get; init; }

    /// <summary>
    /// Sort keys of the seen segments it wrote; none when they are more than <see cref="SeenSegmentsNamedMax"/>, as of a batch whose records arrived far apart: the item is bounded. They are
    /// found by the attempt too.
    /// </summary>
    public IReadOnlyList<string> SeenSegments { get; init; } = [];

    public const int SeenSegmentsNamedMax = 500;

    /// <summary>Sort keys of the items that name the source events it redrove; empty for batches that are no redrive.</summary>
    public IReadOnlyList<string> Redrove { get; init; } = [];

    /// <summary>Rows that matched nothing, per lookup step.</summary>
    public IReadOnlyList<long> Unmatched { get; init; } = [];

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StateJson.Default.BatchItem);

    public static BatchItem FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, StateJson.Default.BatchItem)
        ?? throw new InvalidDataException("the batch item is the JSON value null");
}

/// <summary>Staged rows: a part of a staged file, or all of it.</summary>
/// <param name="Key">Object key of the file; silver and quarantine of a batch mostly share one.</param>
/// <param name="Rows">How many.</param>
/// <param name="Bytes">Of the part.</param>
/// <param name="Offset">Where in the file it begins, bytes.</param>
public sealed record StagedRef(string Key, long Rows, long Bytes, long Offset = 0);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShardHead))]
[JsonSerializable(typeof(BatchItem))]
[JsonSerializable(typeof(RollHead))]
[JsonSerializable(typeof(ReconciledDay))]
[JsonSerializable(typeof(StreamHead))]
[JsonSerializable(typeof(StreamMetricForms))]
[JsonSerializable(typeof(ShardEntry))]
[JsonSerializable(typeof(InputEntry))]
[JsonSerializable(typeof(InputReach))]
internal sealed partial class StateJson : JsonSerializerContext;
