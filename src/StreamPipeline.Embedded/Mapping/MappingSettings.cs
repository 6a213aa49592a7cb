namespace StreamPipeline.Embedded.Mapping;

/// <summary>
/// The knobs of Lambda's Kinesis event source mapping that matter to one lane per shard.
/// Source: AWS Lambda Developer Guide, "Event source mapping parameters" for Kinesis.
/// </summary>
public sealed record MappingSettings
{
    /// <summary>Most records in a batch, 1 to 10,000. Lambda's default is 100; bigger batches cost less per event.</summary>
    public int BatchSize { get; init; } = 10_000;

    /// <summary>
    /// How long a batch that is not full waits for more records. Null: until the input ends, so that a finite input is always cut
    /// in the same places, whatever the timing.
    /// </summary>
    public TimeSpan? BatchWindow { get; init; }

    /// <summary>Largest payload, bytes: 6 MB for a synchronous invocation, base64 and JSON included.</summary>
    public int PayloadBytesMax { get; init; } = 6 << 20;

    /// <summary>
    /// Batches that are processed and committed at the same time, over all lanes; at least 1. Memory follows this, not the number of shards:
    /// a batch takes about 30 MB on its way. More than there are processors gains nothing.
    /// </summary>
    public int BatchesAtOnce { get; init; } = 8;

    /// <summary>
    /// Batches that are decoded ahead, over all lanes, while those before them are committed; 0: none. Half the processors by default: a batch ahead keeps
    /// one busy beside the one that commits.
    /// </summary>
    public int BatchesAhead { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>
    /// Further attempts for a batch that failed, before it is discarded to the on-failure destination or, without one, the run gives up; −1: as
    /// many as it takes (Lambda's default).
    /// </summary>
    public int RetriesMax { get; init; } = 5;

    /// <summary>Whether a failed batch is halved before it is retried, so that what fails is found (BisectBatchOnFunctionError).</summary>
    public bool Bisect { get; init; }

    /// <summary>Records that arrived longer ago are discarded to the on-failure destination; null, or no destination: never.</summary>
    public TimeSpan? RecordAgeMax { get; init; }

    /// <summary>Wait before the first retry; doubled for each further one, at most eight times.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);
}
