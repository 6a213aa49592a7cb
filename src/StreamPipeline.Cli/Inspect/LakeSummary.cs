namespace StreamPipeline.Cli.Inspect;

/// <summary>What a lake holds. Times are microseconds since the Unix epoch, UTC; null: not known yet.</summary>
internal sealed record LakeSummary(
    string Folder,
    IReadOnlyList<TableSummary> Tables,
    IReadOnlyList<ShardSummary> Shards,
    IReadOnlyList<RuleSummary> Rules,
    IReadOnlyList<ReasonSummary> Quarantine,
    IReadOnlyList<InputSummary> Inputs);

/// <summary>A table such as <c>silver.flights</c>; the version is that of its committed-file list.</summary>
internal sealed record TableSummary(string Name, long Rows, int Files, long Bytes, long Version);

/// <summary>A shard's head. The score is the mean over its batches, weighted by rows; null without rules.</summary>
internal sealed record ShardSummary(
    string Stream,
    string Shard,
    long Generation,
    string? LastSequence,
    long? WatermarkUs,
    long Records,
    long Silver,
    long Duplicates,
    long Quarantined,
    long Late,
    double? Score,
    long EvictedKeys = 0);

/// <summary>How often batches passed a rule.</summary>
internal sealed record RuleSummary(string Rule, long BatchesPassed, long Batches);

/// <summary>Quarantined rows of one reason and one rule or path.</summary>
internal sealed record ReasonSummary(string Stream, string Reason, string RuleOrPath, long Rows);

/// <summary>An input of the lake; finished when every record of it is committed. Until then its content may be unknown, and the number of its records is.</summary>
internal sealed record InputSummary(string Name, string? ContentId, long? Records, bool Finished);
