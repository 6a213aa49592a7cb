using StreamPipeline.Core.Commit;

namespace StreamPipeline.Lambda.Tests;

/// <summary>Applies swaps and loses the answer, from some moment on every other time.</summary>
internal sealed class ApplyingStateStore(MemoryStateStore state, Func<bool> isOn) : IStateStore
{
    private bool _loses;

    public ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation) => state.Read(pk, sk, cancellation);

    public IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, CancellationToken cancellation) => state.Query(pk, skFrom, skTo, cancellation);

    public ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation) => state.Put(items, cancellation);

    public async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
    {
        var outcome = await state.Swap(writes, cancellation);
        _loses = isOn() && !_loses;
        return _loses ? throw new StateUncertainException("the answer was lost") : outcome;
    }

    public ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation) => state.Claim(claims, cancellation);

    public ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation) => state.Delete(keys, cancellation);
}
