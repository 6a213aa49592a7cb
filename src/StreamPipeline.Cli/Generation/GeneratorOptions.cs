namespace StreamPipeline.Cli.Generation;

/// <summary>What to generate. Shares are of all lines and add up to at most 1.</summary>
internal sealed record GeneratorOptions
{
    /// <summary>Lines, whatever they hold. At least 0. Default 1,000.</summary>
    public long Events { get; init; } = 1_000;

    /// <summary>The same seed, contract and options give the same bytes. Default 1.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Copies of one of the last events. Default 0.</summary>
    public double Duplicates { get; init; }

    /// <summary>Lines that violate JSON or the contract. Default 0.</summary>
    public double Malformed { get; init; }

    /// <summary>Events one to three times (window + allowed lateness) behind. Default 0.</summary>
    public double Late { get; init; }

    /// <summary>Events per second of event time, not of wall time. Above 0. Default 100.</summary>
    public double RatePerSecond { get; init; } = 100;

    /// <summary>Event time of the first event. Default 2026-01-01T00:00:00Z: no clock is read, so that the output repeats.</summary>
    public DateTimeOffset Start { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
}

/// <summary>What was generated, so that a test can compare it with what a run counted.</summary>
/// <param name="Lines">All lines: events + duplicates + malformed.</param>
/// <param name="Events">Valid events, each once.</param>
/// <param name="Duplicates">Further copies of valid events.</param>
/// <param name="Malformed">Lines that must end in quarantine.</param>
/// <param name="Late">Valid events that are late for a window when the stream runs on one shard.</param>
internal sealed record GeneratorCounts(long Lines, long Events, long Duplicates, long Malformed, long Late)
{
    public string ToJson(long seed) =>
        FormattableString.Invariant($$"""{"lines":{{Lines}},"events":{{Events}},"duplicates":{{Duplicates}},"malformed":{{Malformed}},"late":{{Late}},"seed":{{seed}}}""");
}
