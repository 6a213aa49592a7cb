using StreamPipeline.Core.Commit;

namespace StreamPipeline.Lambda.Functions;

/// <param name="Consumer">Owner: <see cref="WarmShards"/>.</param>
/// <param name="Times">Where its time goes.</param>
internal sealed record WarmShard(ShardConsumer Consumer, StageTimes Times);

/// <summary>
/// The consumers of the shards that this process met last: they remember head and seen-set, so that a batch needs no read. Bounded; the one that was not
/// used for longest goes. That another process serves a shard meanwhile shows when a swap is lost.
/// </summary>
internal sealed class WarmShards(Deployment deployment) : IDisposable
{
    /// <summary>Lambda tends to keep a shard on one process; a seen-set may be large.</summary>
    internal const int ShardsMax = 4;

    private readonly StreamCatalog _catalog = new(deployment.State, deployment.Pipeline.Settings.Stream, deployment.Attempts);
    private readonly LinkedList<(string Shard, WarmShard Warm)> _shards = [];
    private ulong? _seed;

    public int Count => _shards.Count;

    public void Dispose()
    {
        foreach (var (_, warm) in _shards)
        {
            warm.Consumer.Dispose();
        }
    }

    /// <summary>The shard's consumer. One that the table does not know is registered first, with all others of the stream.</summary>
    /// <exception cref="IOException">The stream does not name the shard, or a store failed.</exception>
    /// <exception cref="Core.Windows.MetricChangedException">Open windows are of other metrics than this deployment's.</exception>
    public async ValueTask<WarmShard> Of(string shard, CancellationToken cancellation)
    {
        for (var node = _shards.First; node is not null; node = node.Next)
        {
            if (node.Value.Shard == shard)
            {
                _shards.Remove(node);
                _shards.AddFirst(node);
                return node.Value.Warm;
            }
        }

        if (_seed is null)
        {
            await new StreamMetrics(deployment.Pipeline, deployment.State, deployment.Attempts).Admit(cancellation);
            _seed = (await _catalog.Open(deployment.NewSeed(), cancellation)).Seed;
        }

        var entry = await _catalog.Find(shard, cancellation) ?? await Register(shard, cancellation);
        var times = new StageTimes(deployment.Time);
        var consumer = new ShardConsumer(
            deployment.Pipeline, entry, _seed.Value, deployment.State, deployment.Objects, deployment.Attempts, deployment.Bronze, times);
        if (_shards.Count == ShardsMax)
        {
            _shards.Last!.Value.Warm.Consumer.Dispose();
            _shards.RemoveLast();
        }

        var warm = new WarmShard(consumer, times);
        _shards.AddFirst((shard, warm));
        return warm;
    }

    /// <summary>
    /// Parents before children, so that what a child inherits from is known when it starts; all shards at once, so that the roll does not close windows
    /// over a shard whose first record is still to come.
    /// </summary>
    private async ValueTask<ShardEntry> Register(string shard, CancellationToken cancellation)
    {
        var listed = (await deployment.ListShards(cancellation)).ToDictionary(entry => entry.Shard, StringComparer.Ordinal);
        if (!listed.TryGetValue(shard, out var wanted))
        {
            throw new IOException(
                $"shard {shard} is not among the {listed.Count} shards that ListShards names for stream {deployment.Pipeline.Settings.Stream}: is the event of another stream? STREAMPIPELINE_STREAM names the right one");
        }

        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in listed.Values)
        {
            await Register(entry, listed, done, cancellation);
        }

        deployment.Log.ShardRegistered(shard, wanted.Parents.Count);
        return wanted;
    }

    private async ValueTask Register(ShardEntry entry, Dictionary<string, ShardEntry> listed, HashSet<string> done, CancellationToken cancellation)
    {
        // An explicit stack: a stream that is resharded daily has a long line of ancestors.
        var pending = new Stack<ShardEntry>([entry]);
        while (pending.Count > 0)
        {
            var next = pending.Peek();
            var before = next.Parents.FirstOrDefault(parent => listed.ContainsKey(parent) && !done.Contains(parent) && pending.All(other => other.Shard != parent));
            if (before is not null)
            {
                pending.Push(listed[before]);
                continue;
            }

            pending.Pop();
            if (done.Add(next.Shard))
            {
                await _catalog.Register(next, cancellation);
            }
        }
    }
}
