using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Commit;

/// <param name="Memory">Owner: the caller.</param>
/// <param name="Head">Null for a shard without a commit.</param>
/// <param name="Ancestors">Shards whose live seen segments are in the memory too.</param>
internal readonly record struct LoadedShard(ShardMemory Memory, ShardHead? Head, IReadOnlyList<string> Ancestors);

/// <summary>
/// Loads what a consumer must remember: the head, and the live seen segments of the shard and of those it descends from.
/// A new shard starts with its parents' watermark (reshard).
/// </summary>
internal sealed class ShardLoader(Pipeline pipeline, ShardEntry shard, ulong seed, IStateStore state)
{
    /// <summary>Arrival times within a shard may step back by this much and still find their segments.</summary>
    private const long ArrivalSlackUs = 3_600_000_000;

    public async ValueTask<LoadedShard> Load(long arrivalUs, CancellationToken cancellation)
    {
        var memory = pipeline.NewShard(seed);
        var head = await ReadHead(shard.Shard, cancellation);
        IReadOnlyList<string> ancestors;
        if (head is not null)
        {
            memory.WatermarkUs = head.WatermarkUs;
            ancestors = head.Ancestors;
        }
        else
        {
            (ancestors, memory.WatermarkUs) = await Inherit(cancellation);
        }

        if (pipeline.Settings.Dedup is not null)
        {
            foreach (var ancestor in ancestors)
            {
                if (await ReadHead(ancestor, cancellation) is { } parent)
                {
                    await LoadSegments(ancestor, parent, memory.Seen, arrivalUs, cancellation);
                }
            }

            if (head is not null)
            {
                await LoadSegments(shard.Shard, head, memory.Seen, arrivalUs, cancellation);
            }
        }

        return new LoadedShard(memory, head, ancestors);
    }

    /// <summary>A parent that never had a record has no head: what its own parents left is inherited past it.</summary>
    private async ValueTask<(IReadOnlyList<string> Ancestors, long WatermarkUs)> Inherit(CancellationToken cancellation)
    {
        var ancestors = new List<string>();
        var watermarkUs = long.MinValue;
        var waiting = new Queue<string>(shard.Parents);
        var seen = new HashSet<string>(shard.Parents, StringComparer.Ordinal);
        while (waiting.TryDequeue(out var parent))
        {
            if (await ReadHead(parent, cancellation) is { } head)
            {
                watermarkUs = Math.Max(watermarkUs, head.WatermarkUs);
                ancestors.AddRange([parent, .. head.Ancestors]);
                continue;
            }

            foreach (var grandparent in await ParentsOf(parent, cancellation))
            {
                if (seen.Add(grandparent))
                {
                    waiting.Enqueue(grandparent);
                }
            }
        }

        return ([.. ancestors.Distinct(StringComparer.Ordinal)], watermarkUs);
    }

    private async ValueTask<IReadOnlyList<string>> ParentsOf(string shardId, CancellationToken cancellation)
    {
        var item = await state.Read(StateKeys.StreamPk(pipeline.Settings.Stream), StateKeys.Shard(shardId), cancellation);
        return item is null ? [] : System.Text.Json.JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.ShardEntry)!.Parents;
    }

    /// <summary>Segments count only when a committed batch names their attempt: those of a lost attempt would swallow good records.</summary>
    private async ValueTask LoadSegments(string shardId, ShardHead head, SeenSet seen, long arrivalUs, CancellationToken cancellation)
    {
        var pk = StateKeys.ShardPk(pipeline.Settings.Stream, shardId);
        var liveFromUs = Math.Max(0, arrivalUs - ArrivalSlackUs);
        var (from, to) = SeenSegment.LiveSortKeys(liveFromUs);
        var segments = new List<StateItem>();
        var oldest = long.MaxValue;
        await foreach (var item in state.Query(pk, from, to, cancellation))
        {
            segments.Add(item);
            oldest = Math.Min(oldest, item.Version);
        }

        if (segments.Count == 0)
        {
            return;
        }

        var committed = new Dictionary<long, string>();
        await foreach (var item in state.Query(pk, StateKeys.Batch(oldest), StateKeys.Batch(head.Generation + 1), cancellation))
        {
            committed[BatchItem.FromJson(item.Body.Span).Generation] = item.Attempt;
        }

        foreach (var segment in segments)
        {
            if (committed.TryGetValue(segment.Version, out var attempt) && attempt == segment.Attempt)
            {
                seen.Load(SeenSegment.Decode(segment.Body.Span), liveFromUs);
            }
        }
    }

    private async ValueTask<ShardHead?> ReadHead(string shardId, CancellationToken cancellation)
    {
        var item = await state.Read(StateKeys.ShardPk(pipeline.Settings.Stream, shardId), StateKeys.Head, cancellation);
        return item is null ? null : ShardHead.FromJson(item.Body.Span);
    }
}
