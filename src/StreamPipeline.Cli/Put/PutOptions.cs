namespace StreamPipeline.Cli.Put;

/// <summary>What <c>put</c> does.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="Input">A file, or <c>-</c> for standard input.</param>
internal sealed record PutOptions(string Stream, string Input)
{
    /// <summary>Field that holds the partition key; null spreads lines evenly.</summary>
    public string? KeyField { get; init; }

    /// <summary>Lines per second; null: as fast as the shards take them.</summary>
    public double? RatePerSecond { get; init; }

    /// <summary>Packs lines of one shard into one record, as the Kinesis Producer Library does.</summary>
    public bool IsAggregated { get; init; }

    /// <summary>Whether a line is sent only once the one before it of its key has been taken. Slower when keys are few.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>Whether each shard is sent at most 1,000 records and 1 MiB a second.</summary>
    public bool IsPaced { get; init; } = true;
}

/// <summary>Which endpoint to talk to; what is null is left to the SDK (environment, profile, machine).</summary>
/// <param name="Url">Such as <c>http://127.0.0.1:4567</c>.</param>
/// <param name="Region">Such as <c>eu-central-1</c>.</param>
internal sealed record KinesisAddress(Uri? Url, string? Region);
