using System.Runtime.CompilerServices;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Tests;

/// <summary>Something else that happens between two calls of a process: counted over both of its stores.</summary>
public sealed class Interruption(Func<int, string, bool> when, Func<Task> happens)
{
    public Interruption(int atCall, Func<Task> happens)
        : this((call, _) => call == atCall, happens)
    {
    }

    public int Calls { get; private set; }

    public async ValueTask BeforeCall([CallerMemberName] string name = "")
    {
        if (when(Calls++, name))
        {
            await happens();
        }
    }
}

/// <summary>A process' view of an object store.</summary>
public sealed class InterruptedObjectStore(IObjectStore objects, Interruption interruption) : IObjectStore
{
    public async ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        await objects.Put(key, content, cancellation);
    }

    public async ValueTask Stage(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        await objects.Stage(key, content, cancellation);
    }

    public async ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        return await objects.PutIfAbsent(key, content, cancellation);
    }

    public async ValueTask<byte[]?> Get(string key, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        return await objects.Get(key, cancellation);
    }

    public async IAsyncEnumerable<ObjectInfo> List(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        await foreach (var item in objects.List(prefix, cancellation))
        {
            yield return item;
        }
    }

    public async ValueTask<bool> Move(string from, string to, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        return await objects.Move(from, to, cancellation);
    }

    public async ValueTask Delete(string key, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        await objects.Delete(key, cancellation);
    }
}

/// <summary>A process' view of the state table.</summary>
public sealed class InterruptedStateStore(IStateStore state, Interruption interruption) : IStateStore
{
    public async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        return await state.Read(pk, sk, cancellation);
    }

    public async IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        await foreach (var item in state.Query(pk, skFrom, skTo, cancellation))
        {
            yield return item;
        }
    }

    public async ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        await state.Put(items, cancellation);
    }

    public async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        return await state.Swap(writes, cancellation);
    }

    public async ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        return await state.Claim(claims, cancellation);
    }

    public async ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation)
    {
        await interruption.BeforeCall();
        await state.Delete(keys, cancellation);
    }
}
