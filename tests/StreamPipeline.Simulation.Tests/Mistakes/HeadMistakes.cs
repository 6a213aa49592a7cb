using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Running;
using StreamPipeline.Simulation.Tests.Source;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>A consumer that sees heads as they are not.</summary>
internal abstract class HeadMistake : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port, this, invocation);

    /// <param name="head">As it is.</param>
    /// <param name="own">Whether it is the head of the consumer's shard.</param>
    /// <param name="invocation">What the consumer was made for.</param>
    protected abstract ShardHead Change(ShardHead head, bool own, Invocation invocation);

    private sealed class Store(IStateStore inner, HeadMistake mistake, Invocation invocation) : ForwardingStateStore(inner)
    {
        public override async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
        {
            var item = await Inner.Read(pk, sk, cancellation);
            if (item is null || sk != StateKeys.Head || !pk.StartsWith("SHARD#", StringComparison.Ordinal))
            {
                return item;
            }

            var own = pk.EndsWith("#" + invocation.Shard.Id, StringComparison.Ordinal);
            return item with { Body = mistake.Change(ShardHead.FromJson(item.Body.Span), own, invocation).ToJson() };
        }
    }
}

/// <summary>Replays are not recognised.</summary>
internal sealed class FenceIgnored : HeadMistake
{
    protected override ShardHead Change(ShardHead head, bool own, Invocation invocation) => own ? head with { LastSequence = "0" } : head;
}

/// <summary>A child starts without its parents' watermark.</summary>
internal sealed class ParentsWatermarkNotInherited : HeadMistake
{
    protected override ShardHead Change(ShardHead head, bool own, Invocation invocation) => own ? head : head with { WatermarkUs = long.MinValue };
}

/// <summary>A record is held against the watermark of its whole batch instead of that of the records before it.</summary>
internal sealed class WatermarkPerBatch : HeadMistake
{
    public override bool KeepsWarm => false;

    protected override ShardHead Change(ShardHead head, bool own, Invocation invocation) =>
        own ? head with { WatermarkUs = Greatest(head.WatermarkUs, invocation) } : head;

    private static long Greatest(long watermarkUs, Invocation invocation)
    {
        foreach (var record in invocation.Shard.Records.Take(invocation.To).Skip(invocation.From))
        {
            var times = record.Events
                .Where(item => item is { Broken: false, Amount: >= 0 } && item.TimeUs <= record.ArrivalUs + TinyPipeline.MaxFutureUs)
                .Select(item => item.TimeUs);
            watermarkUs = times.Append(watermarkUs).Max();
        }

        return watermarkUs;
    }
}
