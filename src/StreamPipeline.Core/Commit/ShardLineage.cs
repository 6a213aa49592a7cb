using System.Text.Json;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// Reshards. A shard without a head makes its parents final before it takes what they leave: from then on no process can commit to
/// them, so that watermark and seen segments are complete. Children start this on their first load, each as often as it likes: a final
/// head stays as it is.
/// </summary>
internal sealed class ShardLineage(Pipeline pipeline, IStateStore state, IAttemptIds attempts)
{
    /// <summary>Swaps of one parent that may be lost to its own consumer before the child gives up. The consumer has no records left to win with.</summary>
    private const int AttemptsMax = 100;

    /// <summary>Generations of shards that never had a record, and so never a head, that are made final in one go.</summary>
    private const int DepthMax = 1_000;

    private readonly string _stream = pipeline.Settings.Stream;

    /// <summary>
    /// What the shard starts with: its parents' greatest watermark, or how far gold is closed when that is later, since a window that is
    /// closed for good takes nothing more. Parents are final afterwards.
    /// </summary>
    /// <exception cref="StateUncertainException">A parent was committed to again and again.</exception>
    public ValueTask<ShardStart> Start(ShardEntry shard, CancellationToken cancellation) => Start(shard, depth: 0, cancellation);

    public async ValueTask<ShardHead?> ReadHead(string shard, CancellationToken cancellation)
    {
        var item = await state.Read(StateKeys.ShardPk(_stream, shard), StateKeys.Head, cancellation);
        return item is null ? null : ShardHead.FromJson(item.Body.Span);
    }

    private async ValueTask<ShardStart> Start(ShardEntry shard, int depth, CancellationToken cancellation)
    {
        if (depth > DepthMax)
        {
            throw new InvalidDataException(
                $"shard {shard.Shard} of stream {_stream} has more than {DepthMax} generations of ancestors without a record: the shard entries in the state table are damaged");
        }

        var ancestors = new List<string>();
        var watermarkUs = long.MinValue;
        foreach (var parent in shard.Parents)
        {
            var head = await Finalise(parent, depth, cancellation);
            watermarkUs = Math.Max(watermarkUs, head.WatermarkUs);
            ancestors.AddRange([parent, .. head.Ancestors]);
        }

        // Read after the shard was registered: the roll looks for new shards once it has said how far it will close.
        var roll = await RollHead.Read(state, _stream, cancellation);
        watermarkUs = Math.Max(watermarkUs, roll?.ClosingThroughUs ?? long.MinValue);
        return new ShardStart([.. ancestors.Distinct(StringComparer.Ordinal)], watermarkUs);
    }

    private async ValueTask<ShardHead> Finalise(string shard, int depth, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var head = await ReadHead(shard, cancellation);
            if (head is { Final: true })
            {
                return head;
            }

            // A parent that never had a record passes on what it would have started with.
            var start = head is null ? await Start(await Entry(shard, cancellation), depth + 1, cancellation) : default;
            var final = HeadSwap.Next(head, attempts.Next(), start) with { Final = true };
            var item = new BatchItem
            {
                Kind = BatchKind.Final,
                Generation = final.Generation,
                Attempt = final.Attempt,
                SealedWatermarkUs = head is null && final.WatermarkUs > long.MinValue ? final.WatermarkUs : null,
            };
            if (await HeadSwap.Commit(state, StateKeys.ShardPk(_stream, shard), final, item, cancellation))
            {
                return final;
            }
        }

        throw new StateUncertainException(
            $"shard {shard} of stream {_stream} was resharded, but another process committed to it {AttemptsMax} times while its child took over; a child must not be read before its parents have ended");
    }

    /// <summary>A shard that ended before this lake first saw the stream has no entry.</summary>
    public async ValueTask<ShardEntry> Entry(string shard, CancellationToken cancellation)
    {
        var item = await state.Read(StateKeys.StreamPk(_stream), StateKeys.Shard(shard), cancellation);
        return item is null ? new ShardEntry(shard, []) : JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.ShardEntry)!;
    }
}
