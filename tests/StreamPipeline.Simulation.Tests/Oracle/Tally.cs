namespace StreamPipeline.Simulation.Tests.Oracle;

/// <summary>What the first records of a shard add up to.</summary>
internal readonly record struct Tally(
    long Events, long Silver, long Duplicates, long Quarantined, long Late, long LateByGroup, long LateOverall, long WatermarkUs)
{
    public static Tally Start(long watermarkUs) => new(0, 0, 0, 0, 0, 0, 0, watermarkUs);
}

/// <summary>A row that silver must have.</summary>
internal readonly record struct SilverRow(
    string Shard, string Sequence, string Id, long TimeUs, string Group, long Amount, long ArrivalUs);

/// <summary>A row that quarantine must have.</summary>
internal readonly record struct QuarantineRow(string Shard, string Sequence, string Reason, string Raw, long ArrivalUs);

/// <summary>A row that gold must have.</summary>
internal readonly record struct GoldRow(string Metric, long StartUs, long EndUs, string? Group, long Events, long Total, long? Top);
