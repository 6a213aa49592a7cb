namespace StreamPipeline.Core.Configuration;

/// <summary>pipeline.yaml, parsed: names and shapes are checked, references to columns and files are not yet.</summary>
public sealed record PipelineSettings
{
    /// <summary>Pipeline name: letters, digits, <c>_</c> and <c>-</c>, at most 64.</summary>
    public required string Name { get; init; }

    /// <summary>Stream name; also the name of the silver and quarantine tables. Same characters, at most 64.</summary>
    public required string Stream { get; init; }

    /// <summary>JSON Schema file, relative to pipeline.yaml.</summary>
    public required string ContractFile { get; init; }

    /// <summary>Dotted path of the field whose hash picks the shard when the runner shards a file; null: the whole line.</summary>
    public string? PartitionKey { get; init; }

    public required EventTimeSettings EventTime { get; init; }

    /// <summary>Null: events are not deduplicated.</summary>
    public DedupSettings? Dedup { get; init; }

    /// <summary>Null: no rules beyond the contract.</summary>
    public QualitySettings? Quality { get; init; }

    public IReadOnlyList<EnrichStep> Enrich { get; init; } = [];

    public IReadOnlyList<MetricSettings> Metrics { get; init; } = [];

    public DecodeLimits Limits { get; init; } = new();

    /// <summary>Where each setting stands, by path such as <c>metrics[0].measures.delay_avg</c>.</summary>
    public required SourceMap Source { get; init; }
}

/// <param name="Field">Dotted path of a contract field: <c>format: date-time</c>, or an integer with <paramref name="Unit"/>.</param>
/// <param name="AllowedLateness">A record is late for a window when window end + this ≤ watermark. Default 0.</param>
/// <param name="MaxFuture">Event times beyond arrival + this are quarantined. Default 1 h.</param>
/// <param name="Unit">For integer fields: what one unit is. Null for date-time fields.</param>
public sealed record EventTimeSettings(string Field, TimeSpan AllowedLateness, TimeSpan MaxFuture, EpochUnit? Unit)
{
    /// <summary>A shard without a commit for this long no longer holds windows open: it is sealed. Default 15 min; zero: never.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(15);
}

public enum EpochUnit
{
    Seconds,
    Milliseconds,
    Microseconds,
}

/// <param name="Key">Dotted paths; together they identify an event. All must be required by the contract.</param>
/// <param name="Horizon">By arrival time: a copy that arrives later than this after the first is not recognised. Default 24 h.</param>
/// <param name="Scope">Whether copies share a shard.</param>
/// <param name="KeysMax">Most keys remembered per shard; past it the oldest leave early, counted. Default 8,000,000.</param>
public sealed record DedupSettings(IReadOnlyList<string> Key, TimeSpan Horizon, DedupScope Scope, int KeysMax);

public enum DedupScope
{
    Shard,
    Stream,
}

/// <param name="RulesetFile">DQDL file, relative to pipeline.yaml.</param>
/// <param name="Gate">A batch whose score (rules passed / rules) is not above this is quarantined whole; null: no gate. [0, 1).</param>
/// <param name="References">Reference datasets that rules name: alias → CSV or Parquet file.</param>
public sealed record QualitySettings(string RulesetFile, double? Gate, IReadOnlyDictionary<string, string> References);

public abstract record EnrichStep;

/// <param name="File">CSV (with header) or Parquet, relative to pipeline.yaml.</param>
/// <param name="Match">Event column (dotted path) → column of the file. All must match.</param>
/// <param name="Add">Column of the file → new silver column.</param>
public sealed record LookupStep(
    string File, IReadOnlyDictionary<string, string> Match, IReadOnlyDictionary<string, string> Add) : EnrichStep;

/// <param name="Field">Dotted path of a string field; replaced by its keyed HMAC-SHA-256 in lower-case hex, in quarantine too.</param>
/// <param name="KeyVariable">Environment variable that holds the key. Default <c>STREAMPIPELINE_MASK_KEY</c>.</param>
public sealed record MaskStep(string Field, string KeyVariable) : EnrichStep;

/// <param name="Name">Gold table name.</param>
/// <param name="Size">Window length.</param>
/// <param name="Every">Start of one window to the start of the next; equal to <paramref name="Size"/> for tumbling windows.</param>
/// <param name="GroupBy">Silver columns (dotted paths), enriched ones included; may be empty.</param>
/// <param name="Measures">Gold column → what it holds, in file order.</param>
public sealed record MetricSettings(
    string Name, TimeSpan Size, TimeSpan Every, IReadOnlyList<string> GroupBy, IReadOnlyList<MeasureSettings> Measures);

/// <param name="Column">Gold column.</param>
/// <param name="Function">count, sum, min, max, avg, stddev, distinct or quantile.</param>
/// <param name="Argument">Silver column (dotted path); null for <c>count()</c>.</param>
/// <param name="Quantile">In (0, 1) for quantile, else null.</param>
public sealed record MeasureSettings(string Column, string Function, string? Argument, double? Quantile);

/// <param name="RecordBytes">Largest record, bytes. Default 1 MiB, as Kinesis; at most 10 MiB.</param>
/// <param name="InflatedBytes">Largest decompressed record, bytes. Default 16 MiB.</param>
/// <param name="Depth">Deepest nesting of objects and arrays. Default 64.</param>
public sealed record DecodeLimits(int RecordBytes = 1 << 20, int InflatedBytes = 16 << 20, int Depth = 64);

/// <summary>Finds the line and column of a setting by its path; an unknown path falls back to its nearest known ancestor.</summary>
public sealed class SourceMap(string file, IReadOnlyDictionary<string, (int Line, int Column)> positions)
{
    public string File => file;

    public Location At(string path)
    {
        for (var end = path.Length; end > 0; end = path.AsSpan(0, end).LastIndexOfAny('.', '['))
        {
            if (positions.TryGetValue(path[..end], out var position))
            {
                return new Location(file, position.Line, position.Column);
            }
        }

        return new Location(file, 1, 1);
    }
}
