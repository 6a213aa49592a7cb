using StreamPipeline.Embedded.Mapping;

namespace StreamPipeline.Embedded.Running;

/// <param name="Shards">Virtual shards that lines are spread over by partition key, 1 to 64.</param>
/// <param name="Follow">Go on when the input ends: wait for more on standard input, or for further files in the folder.</param>
/// <param name="KeepOpen">Leave windows open at the end of a finite input; they close when later events pass them.</param>
/// <param name="Mapping">How records are cut into batches.</param>
public sealed record RunOptions(int Shards, bool Follow, bool KeepOpen, MappingSettings Mapping)
{
    public const int ShardsMax = 64;
}

/// <summary>The end of a run.</summary>
/// <param name="Totals">Its counts.</param>
/// <param name="Quality">What was quarantined and why, and what lookups did not find.</param>
/// <param name="OverflowedSums">Sums of windows beyond their column's type: null in gold.</param>
/// <param name="Damage">Inputs that could not be read to their end; what was readable is in the lake.</param>
public sealed record RunReport(
    RunCounters.Snapshot Totals, RunCounters.QualitySnapshot Quality, long OverflowedSums, IReadOnlyList<string> Damage);
