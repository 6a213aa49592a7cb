namespace StreamPipeline.Core.Commit;

/// <summary>The parts of a micro-batch's way, in order.</summary>
public enum BatchStage
{
    /// <summary>Reading the shard's head and seen segments; nothing for a warm consumer.</summary>
    Load,

    /// <summary>Bytes to Arrow columns, the contract's checks included.</summary>
    Decode,

    /// <summary>Event time, rules, score and gate.</summary>
    Quality,

    /// <summary>Keys against what was seen.</summary>
    Dedupe,

    Enrich,

    Windows,

    /// <summary>Writing rows, seen segments and panes; what a store writes in the transaction of the swap is counted there.</summary>
    Stage,

    /// <summary>Waiting for bronze, beyond what went on beside the other stages.</summary>
    Bronze,

    /// <summary>The swap.</summary>
    Commit,
}

/// <summary>Where the time of a consumer's batches goes, summed over attempts. Not thread-safe: one for each consumer.</summary>
/// <param name="time">Core has no clock of its own.</param>
public sealed class StageTimes(TimeProvider time)
{
    private readonly TimeSpan[] _times = new TimeSpan[Enum.GetValues<BatchStage>().Length];
    private long _mark;

    public double MillisecondsOf(BatchStage stage) => _times[(int)stage].TotalMilliseconds;

    public void Clear() => Array.Clear(_times);

    /// <summary>One that counts by the same clock, on another thread.</summary>
    internal StageTimes OfAnother() => new(time);

    /// <summary>Takes over what another counted.</summary>
    internal void Add(StageTimes other)
    {
        for (var i = 0; i < _times.Length; i++)
        {
            _times[i] += other._times[i];
        }
    }

    /// <summary>Begins a batch: what was before counts for no stage.</summary>
    internal void Begin() => _mark = time.GetTimestamp();

    /// <summary>The time since the last call belongs to this stage.</summary>
    internal void End(BatchStage stage)
    {
        var now = time.GetTimestamp();
        _times[(int)stage] += time.GetElapsedTime(_mark, now);
        _mark = now;
    }
}
