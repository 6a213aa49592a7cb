namespace StreamPipeline.Cli.Demo;

/// <summary>One picture of a running demo.</summary>
/// <param name="Elapsed">Since the start.</param>
/// <param name="Records">Read so far; silver + duplicates + quarantined.</param>
/// <param name="Silver">Rows so far.</param>
/// <param name="Duplicates">Copies dropped so far.</param>
/// <param name="Quarantined">Rows so far.</param>
/// <param name="Late">Silver records that missed a closed window.</param>
/// <param name="Replayed">Records that an earlier run had committed.</param>
/// <param name="RecordsPerSecond">Of the last moments; of the whole run in the last frame.</param>
/// <param name="Score">Of the last batch, 0 to 1; null before the first or without rules.</param>
/// <param name="WatermarkUs">Least watermark over the shards, microseconds since the epoch.</param>
/// <param name="Group">What <paramref name="TopGroups"/> are, such as <c>flights by origin</c>.</param>
/// <param name="TopGroups">Group → measure, greatest first.</param>
/// <param name="Quarantine">Reason → rows, most first.</param>
internal sealed record DemoFrame(
    TimeSpan Elapsed,
    long Records,
    long Silver,
    long Duplicates,
    long Quarantined,
    long Late,
    long Replayed,
    double RecordsPerSecond,
    double? Score,
    long? WatermarkUs,
    string Group,
    IReadOnlyList<(string Name, double Value)> TopGroups,
    IReadOnlyList<(string Reason, long Rows)> Quarantine);
