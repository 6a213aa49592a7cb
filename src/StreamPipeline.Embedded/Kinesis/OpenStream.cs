namespace StreamPipeline.Embedded.Kinesis;

/// <summary>A stream's state and where its records go: replaced whole whenever the state changes.</summary>
internal sealed class OpenStream
{
    private readonly Dictionary<int, ShardTraffic> _shards;
    private readonly ShardTraffic[] _openByHashKey;

    /// <param name="state">What is on the disk.</param>
    /// <param name="trafficOf">The traffic of a shard, the same for as long as it exists.</param>
    public OpenStream(StreamState state, Func<ShardState, ShardTraffic> trafficOf)
    {
        State = state;
        _shards = state.Shards.ToDictionary(shard => shard.Index, trafficOf);
        _openByHashKey = [.. state.Shards.Where(shard => shard.IsOpen).OrderBy(shard => shard.From).Select(shard => _shards[shard.Index])];
    }

    public StreamState State { get; }

    public ShardTraffic Traffic(ShardState shard) => _shards[shard.Index];

    /// <summary>The open shard that a hash key belongs to.</summary>
    public ShardTraffic Route(UInt128 hashKey)
    {
        var (low, high) = (0, _openByHashKey.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_openByHashKey[middle].Shard.From <= hashKey)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return _openByHashKey[low];
    }
}
