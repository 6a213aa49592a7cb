namespace StreamPipeline.Embedded.Kinesis;

/// <summary>A record to be written.</summary>
/// <param name="PartitionKey">1 to 256 characters.</param>
/// <param name="HashKey">Explicit, or the MD5 of the key.</param>
/// <param name="Data">Kept until it is on the disk.</param>
internal readonly record struct PutEntry(string PartitionKey, UInt128 HashKey, byte[] Data)
{
    /// <summary>What counts for the limits: data and key, bytes.</summary>
    public int Bytes => Data.Length + System.Text.Encoding.UTF8.GetByteCount(PartitionKey);
}

/// <summary>Where a record went.</summary>
/// <param name="Shard">The shard that its hash key belongs to.</param>
/// <param name="Index">Its position there; 0 when the shard was throttled and it was not written.</param>
/// <param name="ArrivalMs">Ms since 1970.</param>
internal readonly record struct PutOutcome(ShardState Shard, long Index, long ArrivalMs)
{
    public bool IsThrottled => Index == 0;

    public string Sequence => new RecordPosition(Shard.CreatedSeconds, Shard.Index, Index, ArrivalMs / 1000).ToString();
}

/// <summary>What the writer loop is asked to do; each is answered once it is on the disk.</summary>
internal abstract class StreamChange
{
    public abstract void Fail(Exception error);
}

/// <summary>Records for one stream.</summary>
internal sealed class RecordsPut(string stream, PutEntry[] entries) : StreamChange
{
    private readonly TaskCompletionSource<PutOutcome[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Stream => stream;

    public PutEntry[] Entries => entries;

    /// <summary>One per entry, filled by the writer loop.</summary>
    public PutOutcome[] Outcomes { get; } = new PutOutcome[entries.Length];

    public Task<PutOutcome[]> Done => _done.Task;

    public void Complete() => _done.TrySetResult(Outcomes);

    public override void Fail(Exception error) => _done.TrySetException(error);
}

/// <summary>Something that the writer loop does between two writes, such as a split.</summary>
/// <param name="work">Runs on the loop; what it throws is the answer.</param>
internal sealed class LoopWork<T>(Func<T> work) : StreamChange, ILoopWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Done => _done.Task;

    public void Run() => _done.TrySetResult(work());

    public override void Fail(Exception error) => _done.TrySetException(error);
}

internal interface ILoopWork
{
    void Run();
}
