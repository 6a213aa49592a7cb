namespace StreamPipeline.Core.Commit;

/// <summary>The shards of a stream and their heads, read so that no shard which another one made final is missing its children.</summary>
internal sealed class StreamHeads
{
    private const int AttemptsMax = 20;

    private readonly Dictionary<string, (ShardEntry Entry, ShardHead? Head)> _shards;

    private StreamHeads(Dictionary<string, (ShardEntry Entry, ShardHead? Head)> shards) => _shards = shards;

    public IReadOnlyCollection<string> Shards => _shards.Keys;

    public ShardEntry Entry(string shard) => _shards[shard].Entry;

    public ShardHead? Head(string shard) => _shards[shard].Head;

    /// <exception cref="StateUncertainException">Shards kept being added.</exception>
    public static async ValueTask<StreamHeads> Read(StreamCatalog catalog, CommittedBatches batches, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var shards = new Dictionary<string, (ShardEntry, ShardHead?)>(StringComparer.Ordinal);
            foreach (var shard in await catalog.Shards(cancellation))
            {
                shards.Add(shard.Shard, (shard, await batches.Head(shard.Shard, cancellation)));
            }

            // A child is registered before it makes its parents final: if one of these heads is final, the child is on the list by now.
            var heads = new StreamHeads(shards);
            if (await heads.IsComplete(catalog, cancellation))
            {
                return heads;
            }
        }

        throw new StateUncertainException($"shards were added {AttemptsMax} times while their heads were read; try again");
    }

    /// <summary>Whether no shard was registered since.</summary>
    public async ValueTask<bool> IsComplete(StreamCatalog catalog, CancellationToken cancellation) =>
        (await catalog.Shards(cancellation)).Count == _shards.Count;

    /// <summary>
    /// The shard's watermark, microseconds since the epoch. Without a head it is what the shard would start with if its parents had ended
    /// now: the greatest of theirs; <see cref="long.MinValue"/> for an original shard.
    /// </summary>
    public long WatermarkUs(string shard)
    {
        if (!_shards.TryGetValue(shard, out var found))
        {
            return long.MinValue;
        }

        return found.Head?.WatermarkUs
            ?? found.Entry.Parents.Select(WatermarkUs).DefaultIfEmpty(long.MinValue).Max();
    }

    /// <summary>Whether records can still come: no child has taken over.</summary>
    public bool IsOpen(string shard) => _shards[shard].Head is not { Final: true };

    /// <summary>Whether the shard, which has no head, could take over from its parents now without ending one of them.</summary>
    public bool ParentsAreFinal(string shard) =>
        _shards[shard].Entry.Parents.All(parent => _shards.TryGetValue(parent, out var found) && found.Head is { Final: true });

    /// <summary>
    /// The least watermark over the shards that are open; what is at or before it can only be late. <see cref="long.MinValue"/> when there is none.
    /// A final shard does not count: its children do, and their watermarks are at or after its own.
    /// </summary>
    public long LeastWatermarkUs() => _shards.Keys.Where(IsOpen).Select(WatermarkUs).DefaultIfEmpty(long.MinValue).Min();

    /// <summary>Shard → generation, for the shards with a head.</summary>
    public Dictionary<string, long> Generations() => _shards
        .Where(shard => shard.Value.Head is not null)
        .ToDictionary(shard => shard.Key, shard => shard.Value.Head!.Generation, StringComparer.Ordinal);
}
