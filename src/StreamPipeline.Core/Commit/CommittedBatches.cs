using System.Runtime.CompilerServices;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Commit;

/// <summary>Reads what the shards of a stream have committed.</summary>
public sealed class CommittedBatches(IStateStore state, string stream)
{
    /// <summary>The shard's head; null before its first commit.</summary>
    public async ValueTask<ShardHead?> Head(string shard, CancellationToken cancellation)
    {
        var item = await state.Read(StateKeys.ShardPk(stream, shard), StateKeys.Head, cancellation);
        return item is null ? null : ShardHead.FromJson(item.Body.Span);
    }

    /// <summary>The shard's batches above generation <paramref name="after"/>, up to its head, in order.</summary>
    public async IAsyncEnumerable<BatchItem> Of(string shard, long after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var item in state.Query(StateKeys.ShardPk(stream, shard), StateKeys.Batch(after + 1), "BATCH#" + StateKeys.PrefixEnd, cancellation))
        {
            yield return BatchItem.FromJson(item.Body.Span);
        }
    }

    /// <summary>What the fold has not folded yet.</summary>
    public async IAsyncEnumerable<CommittedBatch> Unfolded(
        IReadOnlyList<ShardEntry> shards, IReadOnlyDictionary<string, long> folded, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var shard in shards)
        {
            await foreach (var batch in Of(shard.Shard, folded.GetValueOrDefault(shard.Shard), cancellation))
            {
                yield return new CommittedBatch(shard.Shard, batch.Generation, batch.Silver, batch.Quarantine);
            }
        }
    }
}
