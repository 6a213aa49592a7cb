using System.Runtime.CompilerServices;
using System.Text.Json;
using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Source;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>A child starts without its parents' fingerprints.</summary>
internal sealed class ParentsSegmentsNotInherited : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) =>
        new Store(port, StateKeys.ShardPk(Running.TinyPipeline.Stream, invocation.Shard.Id));

    private sealed class Store(IStateStore inner, string own) : ForwardingStateStore(inner)
    {
        public override IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, CancellationToken cancellation) =>
            pk != own && skFrom.StartsWith("SEEN#", StringComparison.Ordinal)
                ? AsyncEnumerable.Empty<StateItem>()
                : Inner.Query(pk, skFrom, skTo, cancellation);
    }
}

/// <summary>A child of a shard that never had a record does not look further.</summary>
internal sealed class IdleParentEndsLineage : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        public override async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
        {
            var item = await Inner.Read(pk, sk, cancellation);
            return item is not null && sk.StartsWith("SHARD#", StringComparison.Ordinal)
                ? item with { Body = JsonSerializer.SerializeToUtf8Bytes(new ShardEntry(sk["SHARD#".Length..], []), StateJson.Default.ShardEntry) }
                : item;
        }
    }
}

/// <summary>A shard that was not registered, since the store cancelled the transaction, is taken for registered.</summary>
internal sealed class CancelledRegistrationBelieved : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        public override async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation) =>
            await Inner.Read(pk, sk, cancellation) ?? (sk.StartsWith("SHARD#", StringComparison.Ordinal)
                ? new StateItem(pk, sk, 1, "nobody", JsonSerializer.SerializeToUtf8Bytes(new ShardEntry(sk["SHARD#".Length..], []), StateJson.Default.ShardEntry))
                : null);
    }
}

/// <summary>Fingerprints that a lost attempt left behind are believed.</summary>
internal sealed class OrphanSegmentsBelieved : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port, table);

    private sealed class Store(IStateStore inner, StateTable table) : ForwardingStateStore(inner)
    {
        public override async IAsyncEnumerable<StateItem> Query(
            string pk, string skFrom, string skTo, [EnumeratorCancellation] CancellationToken cancellation)
        {
            await foreach (var item in Inner.Query(pk, skFrom, skTo, cancellation))
            {
                var committed = table.Read(pk, StateKeys.Batch(item.Version));
                yield return item.Sk.StartsWith("SEEN#", StringComparison.Ordinal) && committed is not null ? item with { Attempt = committed.Attempt } : item;
            }
        }
    }
}

/// <summary>The store may delete fingerprints as soon as their keys have expired by arrival time.</summary>
internal sealed class SegmentsExpireWithTheirKeys : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        public override ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation) => Inner.Put(
            [.. items.Select(item => item.Sk.StartsWith("SEEN#", StringComparison.Ordinal)
                ? item with { ExpiresAtUs = long.Parse(item.Sk.AsSpan(5, 20), System.Globalization.CultureInfo.InvariantCulture) }
                : item)],
            cancellation);
    }
}
