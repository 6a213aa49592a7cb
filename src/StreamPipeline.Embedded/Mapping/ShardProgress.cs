using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>How far a lane has come, written to its checkpoint now and then. Owner: the lane's task.</summary>
internal sealed class ShardProgress
{
    private readonly string _shard;
    private readonly MappingCheckpoints _checkpoints;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private SequenceNumber? _written;
    private long _writtenAt;

    /// <param name="shard">Shard id.</param>
    /// <param name="checkpoint">From the last run; null: none.</param>
    /// <param name="committed">From the shard's head; null: none. A record at or below either is done with.</param>
    /// <param name="checkpoints">Where to write.</param>
    /// <param name="interval">Least time between two writes.</param>
    /// <param name="time">For it.</param>
    public ShardProgress(string shard, string? checkpoint, SequenceNumber? committed, MappingCheckpoints checkpoints, TimeSpan interval, TimeProvider time)
    {
        _shard = shard;
        _checkpoints = checkpoints;
        _interval = interval;
        _time = time;
        _written = checkpoint is null ? null : SequenceNumber.Parse(checkpoint);
        _writtenAt = time.GetTimestamp();
        Last = committed is { } head && (_written is not { } sequence || head > sequence) ? head : _written;
    }

    /// <summary>All records up to it are settled.</summary>
    public SequenceNumber? Last { get; private set; }

    /// <param name="sequence">All records up to it are committed or discarded.</param>
    /// <param name="isDiscarded">Only the checkpoint knows of it: it is written before anything else happens.</param>
    public async ValueTask Settled(SequenceNumber sequence, bool isDiscarded)
    {
        Last = sequence;
        if (isDiscarded || _time.GetElapsedTime(_writtenAt) >= _interval)
        {
            await Write(ended: false, CancellationToken.None);
        }
    }

    public ValueTask Flush(bool ended, CancellationToken cancellation) => ended || Last != _written ? Write(ended, cancellation) : default;

    private async ValueTask Write(bool ended, CancellationToken cancellation)
    {
        await _checkpoints.Write(_shard, new MappingCheckpoint(Last?.ToString(), ended), cancellation);
        _written = Last;
        _writtenAt = _time.GetTimestamp();
    }
}
