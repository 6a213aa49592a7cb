using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Source;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>Replays are not recognised: the head's last sequence number is not looked at.</summary>
internal sealed class FenceIgnored : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, SourceShard shard) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        public override async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
        {
            var item = await Inner.Read(pk, sk, cancellation);
            return item is null || sk != StateKeys.Head || !pk.StartsWith("SHARD#", StringComparison.Ordinal)
                ? item
                : item with { Body = (ShardHead.FromJson(item.Body.Span) with { LastSequence = "0" }).ToJson() };
        }
    }
}
