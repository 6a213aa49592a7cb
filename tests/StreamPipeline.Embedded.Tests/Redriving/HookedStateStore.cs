using System.Runtime.CompilerServices;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded.Tests.Redriving;

/// <summary>A store that lets a test act at each call: run another writer first, or fail as a killed process does.</summary>
internal sealed class HookedStateStore(IStateStore inner) : IStateStore
{
    /// <summary>Runs before each call, with its name.</summary>
    public Func<string, ValueTask>? Before { get; set; }

    public async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
    {
        await Hook(nameof(Read));
        return await inner.Read(pk, sk, cancellation);
    }

    public async IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Hook(nameof(Query));
        await foreach (var item in inner.Query(pk, skFrom, skTo, cancellation))
        {
            yield return item;
        }
    }

    public async ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation)
    {
        await Hook(nameof(Put));
        await inner.Put(items, cancellation);
    }

    public async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
    {
        await Hook(nameof(Swap));
        return await inner.Swap(writes, cancellation);
    }

    public async ValueTask<SwapOutcome> PutIf(StateWrite write, CancellationToken cancellation)
    {
        await Hook(nameof(PutIf));
        return await inner.PutIf(write, cancellation);
    }

    public async ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation)
    {
        await Hook(nameof(Claim));
        return await inner.Claim(claims, cancellation);
    }

    public async ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation)
    {
        await Hook(nameof(Delete));
        await inner.Delete(keys, cancellation);
    }

    public async ValueTask<long?> DeleteExpired(string pk, long untilUs, bool dryRun, CancellationToken cancellation)
    {
        await Hook(nameof(DeleteExpired));
        return await inner.DeleteExpired(pk, untilUs, dryRun, cancellation);
    }

    private ValueTask Hook(string call) => Before?.Invoke(call) ?? ValueTask.CompletedTask;
}
