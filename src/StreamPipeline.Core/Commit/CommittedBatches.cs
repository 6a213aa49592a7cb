using System.Runtime.CompilerServices;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Commit;

/// <summary>Reads what the shards of a stream have committed.</summary>
public sealed class CommittedBatches(IStateStore state, string stream)
{
    private const int ReadsAtOnce = 16;

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
    /// <param name="shards">Read after <paramref name="folded"/>: then each of its shards is there.</param>
    /// <param name="folded">Of a version of silver.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="StateBehindException">The state does not know a batch that is folded.</exception>
    public async IAsyncEnumerable<CommittedBatch> Unfolded(
        IReadOnlyList<ShardEntry> shards, IReadOnlyDictionary<string, long> folded, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var known = shards.Select(shard => shard.Shard).ToHashSet(StringComparer.Ordinal);
        foreach (var (shard, generation) in folded)
        {
            if (generation > 0 && !known.Contains(shard))
            {
                throw StateBehindException.Of(SilverPath, shard, generation, 0);
            }
        }

        foreach (var shard in shards)
        {
            // From the last one that is folded on: items are kept for ever, so where it is missing the ones above it are not this lake's either.
            var last = folded.GetValueOrDefault(shard.Shard);
            var isKnown = last == 0;
            await foreach (var batch in Of(shard.Shard, Math.Max(0, last - 1), cancellation))
            {
                if (batch.Generation == last)
                {
                    isKnown = true;
                    continue;
                }

                if (!isKnown)
                {
                    break;
                }

                yield return new CommittedBatch(shard.Shard, batch.Generation, batch.Silver, batch.Quarantine);
            }

            if (!isKnown)
            {
                throw StateBehindException.Missing(SilverPath, shard.Shard, last);
            }
        }
    }

    /// <summary>
    /// Refuses a state that is behind a table. The table comes first: a head that is read after it can only be further on, so that a fold that goes on
    /// meanwhile does not look like a state that is behind.
    /// </summary>
    /// <param name="table">Its path in the lake.</param>
    /// <param name="folded">Of a version that was read before this is called.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="StateBehindException">A shard's head is below what is folded of it, or missing.</exception>
    public async Task RefuseIfBehind(string table, IReadOnlyDictionary<string, long> folded, CancellationToken cancellation)
    {
        foreach (var some in folded.Chunk(ReadsAtOnce))
        {
            var heads = await Task.WhenAll(some.Select(shard => Head(shard.Key, cancellation).AsTask()));
            for (var i = 0; i < some.Length; i++)
            {
                if (some[i].Value > (heads[i]?.Generation ?? 0))
                {
                    throw StateBehindException.Of(table, some[i].Key, some[i].Value, heads[i]?.Generation ?? 0);
                }
            }
        }
    }

    private string SilverPath => $"silver/{stream}";
}
