using Apache.Arrow;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Quality;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Commit;

/// <summary>Everything a micro-batch would change. Nothing of it counts before the swap. Owner: the consumer, who disposes it.</summary>
public sealed class ProposedCommit : IDisposable
{
    public required SequenceNumber FirstSequence { get; init; }

    public required SequenceNumber LastSequence { get; init; }

    public required long ArrivalUs { get; init; }

    /// <summary>Invariant: records = silver + duplicates + quarantined.</summary>
    public required Counts Counts { get; init; }

    /// <summary>Null when no row is silver.</summary>
    public required RecordBatch? Silver { get; init; }

    /// <summary>Null when no event is quarantined.</summary>
    public required RecordBatch? Quarantine { get; init; }

    /// <summary>Quarantined events by <see cref="QuarantineReason"/>.</summary>
    public required IReadOnlyDictionary<string, long> QuarantinedBy { get; init; }

    /// <summary>Whose memory silver's columns and the new keys are.</summary>
    internal JudgedBatch? Judged { get; init; }

    internal NewKeys NewKeys { get; init; } = new();

    internal WindowResult Windows { get; init; } = null!;

    internal QualityVerdict Quality { get; init; }

    /// <summary>Rows that matched nothing, per enrich step.</summary>
    public required IReadOnlyList<long> Unmatched { get; init; }

    public void Dispose()
    {
        Silver?.Dispose();
        Quarantine?.Dispose();
        Judged?.Dispose();
    }

    internal void Verify()
    {
        if (Counts.Records != Counts.Silver + Counts.Duplicates + Counts.Quarantined)
        {
            throw new InvalidOperationException(
                $"bug: {Counts.Records} records are not {Counts.Silver} silver + {Counts.Duplicates} duplicates + {Counts.Quarantined} quarantined, sequence {FirstSequence} to {LastSequence}");
        }
    }
}
