using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded.Running;

/// <summary>What a run is doing.</summary>
public enum RunStage
{
    /// <summary>Reading the input once to know it by its content.</summary>
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
    private Counts _counts;
    private long _replayed;
    private long _batches;
    private long _bytesRead;
    private long _bytesTotal;
    private RunStage _stage;

    /// <summary>A consistent view.</summary>
    /// <param name="Stage">What the run is doing.</param>
    /// <param name="Counts">Events committed by this run.</param>
    /// <param name="Replayed">Events that were committed before.</param>
    /// <param name="Batches">Commits of this run.</param>
    /// <param name="BytesRead">Decompressed bytes of input read.</param>
    /// <param name="BytesTotal">Decompressed bytes there are; 0 when unknown.</param>
    public readonly record struct Snapshot(RunStage Stage, Counts Counts, long Replayed, long Batches, long BytesRead, long BytesTotal);

    public Snapshot Read()
    {
        lock (_gate)
        {
            return new Snapshot(_stage, _counts, _replayed, _batches, _bytesRead, _bytesTotal);
        }
    }

    internal void Enter(RunStage stage)
    {
        lock (_gate)
        {
            _stage = stage;
        }
    }

    internal void AddTotal(long bytes)
    {
        lock (_gate)
        {
            _bytesTotal += bytes;
        }
    }

    internal void AddRead(long bytes)
    {
        lock (_gate)
        {
            _bytesRead += bytes;
        }
    }

    internal void Add(in BatchReport report)
    {
        lock (_gate)
        {
            _counts += report.Counts;
            _replayed += report.Replayed;
            _batches += report.Batch is null ? 0 : 1;
        }
    }
}
