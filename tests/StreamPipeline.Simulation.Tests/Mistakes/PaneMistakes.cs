using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Source;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>A head goes on naming the pane layers that were merged into a new one.</summary>
internal sealed class PanesMergedTwice : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port, table);

    private sealed class Store(IStateStore inner, StateTable table) : ForwardingStateStore(inner)
    {
        public override ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
        {
            if (writes[0].Item.Sk != StateKeys.Head)
            {
                return Inner.Swap(writes, cancellation);
            }

            var head = ShardHead.FromJson(writes[0].Item.Body.Span);
            if (Superseded.By(writes[0].Item, head, table) is { Count: > 0 } merged && head.Panes.Any(layer => layer.Level > 0 && layer.Attempt == head.Attempt))
            {
                head = head with { Panes = [.. merged, .. head.Panes] };
                writes = [new StateWrite(writes[0].Item with { Body = head.ToJson() }, writes[0].ExpectedVersion), .. writes.Skip(1)];
            }

            return Inner.Swap(writes, cancellation);
        }

        public override ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation) => ValueTask.CompletedTask;
    }
}

/// <summary>Merged layers are deleted before the head that no longer names them is committed.</summary>
internal sealed class LayersDeletedBeforeSwap : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port, table);

    private sealed class Store(IStateStore inner, StateTable table) : ForwardingStateStore(inner)
    {
        public override async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
        {
            if (writes[0].Item.Sk == StateKeys.Head)
            {
                var superseded = Superseded.By(writes[0].Item, ShardHead.FromJson(writes[0].Item.Body.Span), table);
                await Inner.Delete([.. superseded.Select(layer => (writes[0].Item.Pk, StateKeys.Panes(layer.Attempt, 0)))], cancellation);
            }

            return await Inner.Swap(writes, cancellation);
        }
    }
}

/// <summary>The layers that a new head leaves out.</summary>
internal static class Superseded
{
    public static List<PaneLayerRef> By(StateItem item, ShardHead head, StateTable table) =>
        table.Read(item.Pk, item.Sk) is { } before && before.Version == item.Version - 1
            ? [.. ShardHead.FromJson(before.Body.Span).Panes.Where(layer => !head.Panes.Contains(layer))]
            : [];
}

/// <summary>Windows are closed by the greatest watermark of the shards.</summary>
internal sealed class ClosedByGreatestWatermark : Mistake
{
    public override IStateStore MaintenanceState(IStateStore port, StateTable table) => new Store(port, table);

    private sealed class Store(IStateStore inner, StateTable table) : ForwardingStateStore(inner)
    {
        public override async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
        {
            var item = await Inner.Read(pk, sk, cancellation);
            if (item is null || sk != StateKeys.Head || !pk.StartsWith("SHARD#", StringComparison.Ordinal))
            {
                return item;
            }

            var heads = table.All().Where(other => other.Sk == StateKeys.Head && other.Pk.StartsWith("SHARD#", StringComparison.Ordinal));
            var watermarkUs = heads.Max(other => ShardHead.FromJson(other.Body.Span).WatermarkUs);
            return item with { Body = (ShardHead.FromJson(item.Body.Span) with { WatermarkUs = watermarkUs }).ToJson() };
        }
    }
}
