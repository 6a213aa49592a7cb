using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Commit;

/// <param name="Memory">Owner: the caller.</param>
/// <param name="Head">Null for a shard without a commit.</param>
/// <param name="Ancestors">Shards whose live seen segments are in the memory too.</param>
internal readonly record struct LoadedShard(ShardMemory Memory, ShardHead? Head, IReadOnlyList<string> Ancestors);

/// <summary>
/// Loads what a consumer must remember: the head, and the live seen segments of the shard and of those it descends from.
/// A shard without a head takes over from its parents (<see cref="ShardLineage"/>).
/// </summary>
internal sealed class ShardLoader(Pipeline pipeline, ShardEntry shard, ulong seed, IStateStore state, ShardLineage lineage)
{
    /// <summary>Arrival times within a shard may step back by this much and still find their segments.</summary>
    internal const long ArrivalSlackUs = 3_600_000_000;

    private readonly SeenHorizon? _horizon = pipeline.Settings.Dedup is { Scope: DedupScope.Shard } dedup ? new SeenHorizon(dedup.Horizon) : null;

    public async ValueTask<LoadedShard> Load(long arrivalUs, CancellationToken cancellation)
    {
        var memory = pipeline.NewShard(seed);
        try
        {
            var head = await lineage.ReadHead(shard.Shard, cancellation);
            var start = head is null ? await lineage.Start(shard, cancellation) : new ShardStart(head.Ancestors, head.WatermarkUs);
            memory.WatermarkUs = start.WatermarkUs;
            var ancestors = new List<string>();
            foreach (var ancestor in start.Ancestors)
            {
                var ancestorHead = await lineage.ReadHead(ancestor, cancellation);
                if (ancestorHead is not null && IsForgotten(ancestorHead, arrivalUs))
                {
                    continue;
                }

                ancestors.Add(ancestor);
                await LoadSegments(ancestor, ancestorHead, memory.Seen, arrivalUs, cancellation);
            }

            await LoadSegments(shard.Shard, head, memory.Seen, arrivalUs, cancellation);
            memory.EvictedBefore = (head?.EvictedKeys ?? 0) - memory.Seen.EvictedKeys;
            return new LoadedShard(memory, head, ancestors);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether nothing of the shard can be alive: it is final and the segments of its last record have expired. Leaving it out keeps the
    /// list of ancestors short however often a stream is resharded.
    /// </summary>
    private bool IsForgotten(ShardHead head, long arrivalUs) =>
        head.Final && (_horizon is null || head.LastArrivalUs is not { } last || _horizon.ExpiresAtUs(last) <= LiveFromUs(arrivalUs));

    private static long LiveFromUs(long arrivalUs) => Math.Max(0, arrivalUs - ArrivalSlackUs);

    /// <summary>Segments count only when a committed batch names their attempt: those of a lost attempt would swallow good records.</summary>
    public async ValueTask LoadSegments(string shardId, ShardHead? head, SeenSet seen, long arrivalUs, CancellationToken cancellation)
    {
        if (_horizon is null || head is null)
        {
            return;
        }

        var pk = StateKeys.ShardPk(pipeline.Settings.Stream, shardId);
        var liveFromUs = LiveFromUs(arrivalUs);
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
}
