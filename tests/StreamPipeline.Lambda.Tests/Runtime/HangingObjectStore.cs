using System.Runtime.CompilerServices;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Lambda.Tests.Runtime;

/// <summary>Never answers; a call ends when it is cancelled.</summary>
internal sealed class HangingObjectStore : IObjectStore
{
    public async ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation) => await Hang(cancellation);

    public async ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        await Hang(cancellation);
        return false;
    }

    public async ValueTask<byte[]?> Get(string key, CancellationToken cancellation)
    {
        await Hang(cancellation);
        return null;
    }

    public async IAsyncEnumerable<ObjectInfo> List(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Hang(cancellation);
        yield break;
    }

    public async ValueTask<bool> Move(string from, string to, CancellationToken cancellation)
    {
        await Hang(cancellation);
        return false;
    }

    public async ValueTask Delete(string key, CancellationToken cancellation) => await Hang(cancellation);

    private static Task Hang(CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);
}
