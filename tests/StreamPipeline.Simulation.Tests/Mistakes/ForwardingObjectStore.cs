using StreamPipeline.Core.Lake;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>Passes everything on: the base of object stores that make a mistake.</summary>
internal abstract class ForwardingObjectStore(IObjectStore inner) : IObjectStore
{
    protected IObjectStore Inner => inner;

    public virtual ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation) => inner.Put(key, content, cancellation);

    public virtual ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        inner.PutIfAbsent(key, content, cancellation);

    public virtual ValueTask<byte[]?> Get(string key, CancellationToken cancellation) => inner.Get(key, cancellation);

    public virtual IAsyncEnumerable<ObjectInfo> List(string prefix, CancellationToken cancellation) => inner.List(prefix, cancellation);

    public virtual ValueTask<bool> Move(string from, string to, CancellationToken cancellation) => inner.Move(from, to, cancellation);

    public virtual ValueTask Delete(string key, CancellationToken cancellation) => inner.Delete(key, cancellation);
}
