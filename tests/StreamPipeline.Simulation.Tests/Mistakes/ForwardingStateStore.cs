using StreamPipeline.Core.Commit;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>Passes everything on: the base of state stores that make a mistake.</summary>
internal abstract class ForwardingStateStore(IStateStore inner) : IStateStore
{
    protected IStateStore Inner => inner;

    public virtual ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation) => inner.Read(pk, sk, cancellation);

    public virtual IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, CancellationToken cancellation) =>
        inner.Query(pk, skFrom, skTo, cancellation);

    public virtual ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation) => inner.Put(items, cancellation);

    public virtual ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation) => inner.Swap(writes, cancellation);

    public virtual ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation) =>
        inner.Claim(claims, cancellation);

    public virtual ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation) => inner.Delete(keys, cancellation);
}
