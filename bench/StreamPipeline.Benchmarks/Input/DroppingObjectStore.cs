using StreamPipeline.Core.Lake;

namespace StreamPipeline.Benchmarks.Input;

/// <summary>Takes objects and forgets them: the benchmarks of a micro-batch measure the product, not how fast this process copies and frees what it wrote.</summary>
internal sealed class DroppingObjectStore : IObjectStore
{
    public long Bytes { get; private set; }

    public ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        Bytes += content.Length;
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        Bytes += content.Length;
        return ValueTask.FromResult(true);
    }

    public ValueTask<byte[]?> Get(string key, CancellationToken cancellation) => ValueTask.FromResult<byte[]?>(null);

    public IAsyncEnumerable<ObjectInfo> List(string prefix, CancellationToken cancellation) => AsyncEnumerable.Empty<ObjectInfo>();

    public ValueTask<bool> Move(string from, string to, CancellationToken cancellation) => ValueTask.FromResult(false);

    public ValueTask Delete(string key, CancellationToken cancellation) => ValueTask.CompletedTask;
}
