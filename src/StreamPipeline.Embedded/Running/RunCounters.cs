using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded.Running;

/// <summary>What a run is doing.</summary>
public enum RunStage
{
    /// <summary>Looking whether the input was seen before, for which it may have to be read.</summary>
    Identifying,

    /// <summary>Processing and committing.</summary>
    Processing,

    /// <summary>Folding staged rows into tables and rolling windows into gold.</summary>
    Finishing,
}

/// <summary>Counts of a run so far. Lanes write, whoever shows progress reads; all members are safe from any thread.</summary>
public sealed class RunCounters
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _quarantinedBy = new(StringComparer.Ordinal);
    private Counts _counts;
    private long _replayed;
    private long _batches;
    private long _bytesRead;
    private long _storedRead;
    private long _storedTotal;
    private RunStage _stage;
    private double? _score;
    private long _unmatched;

    /// <summary>A consistent view.</summary>
    /// <param name="Stage">What the run is doing.</param>
    /// <param name="Counts">Events committed by this run.</param>
    /// <param name="Replayed">Events that were committed before.</param>
    /// <param name="Batches">Commits of this run.</param>
    /// <param name="BytesRead">Decompressed bytes of input read.</param>
    /// <param name="StoredRead">Bytes read of files, as they are stored.</param>
    /// <param name="StoredTotal">Bytes of the files that were begun; 0 when there is none.</param>
    public readonly record struct Snapshot(RunStage Stage, Counts Counts, long Replayed, long Batches, long BytesRead, long StoredRead, long StoredTotal);

    public Snapshot Read()
    {
        lock (_gate)
        {
            return new Snapshot(_stage, _counts, _replayed, _batches, _bytesRead, _storedRead, _storedTotal);
        }
    }

    /// <summary>What the quality of the committed batches was.</summary>
    /// <param name="Score">Rules passed / rules of the last batch that was judged, 0 to 1; null before the first or without rules.</param>
    /// <param name="QuarantinedBy">Events quarantined by this run, by reason, most first.</param>
    /// <param name="Unmatched">Lookups of silver events that found no row in their reference: null in silver.</param>
    public readonly record struct QualitySnapshot(double? Score, IReadOnlyList<(string Reason, long Events)> QuarantinedBy, long Unmatched);

    public QualitySnapshot ReadQuality()
    {
        lock (_gate)
        {
            return new QualitySnapshot(
                _score,
                [.. _quarantinedBy.OrderByDescending(reason => reason.Value).ThenBy(reason => reason.Key, StringComparer.Ordinal).Select(reason => (reason.Key, reason.Value))],
                _unmatched);
        }
    }

    internal void Enter(RunStage stage)
    {
        lock (_gate)
        {
            _stage = stage;
        }
    }

    internal void AddFile(long bytes)
    {
        lock (_gate)
        {
            _storedTotal += bytes;
        }
    }

    internal void AddRead(long bytes, long stored = 0)
    {
        lock (_gate)
        {
            _bytesRead += bytes;
            _storedRead += stored;
        }
    }

    internal void Add(in BatchReport report)
    {
        lock (_gate)
        {
            _counts += report.Counts;
            _replayed += report.Replayed;
            if (report.Batch is not { } batch)
            {
                return;
            }

            _batches++;
            _score = batch.Score ?? _score;
            _unmatched += batch.Unmatched.Sum();
            foreach (var (reason, events) in batch.QuarantinedBy)
            {
                _quarantinedBy[reason] = _quarantinedBy.GetValueOrDefault(reason) + events;
            }
        }
    }
}
