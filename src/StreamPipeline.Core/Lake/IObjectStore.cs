using System.Buffers;

namespace StreamPipeline.Core.Lake;

/// <param name="Key">Slash-separated, relative to the lake's root.</param>
/// <param name="Bytes">Size.</param>
/// <param name="ModifiedUs">Microseconds since the epoch.</param>
public readonly record struct ObjectInfo(string Key, long Bytes, long ModifiedUs);

/// <summary>
/// The lake's objects: a folder when embedded, S3 on AWS, a simulated store in tests. An object appears whole or not at all,
/// and is durable once a call returns.
/// </summary>
public interface IObjectStore
{
    /// <summary>Whether its bytes go through a network, which is slower than compressing them: then also what lives for seconds is compressed.</summary>
    bool IsRemote => false;

    /// <summary>Writes the object, replacing one of that name.</summary>
    ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>
    /// Writes an object whose key carries an attempt, so that nobody reads it before a commit names it, which is after this returned. What is there of it before, or
    /// after a crash, need not be whole: no commit names that, and the vacuum removes it.
    /// </summary>
    ValueTask Stage(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation) => Put(key, content, cancellation);

    /// <summary>Writes the object unless one of that name exists (S3: <c>If-None-Match: *</c>); false when it does.</summary>
    ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>Null when there is no such object.</summary>
    ValueTask<byte[]?> Get(string key, CancellationToken cancellation);

    /// <summary>As <see cref="Get"/>, for who reads many objects and soon disposes of each: a store may use the same memory again.</summary>
    async ValueTask<IMemoryOwner<byte>?> Borrow(string key, CancellationToken cancellation) =>
        await Get(key, cancellation) is { } content ? new UnpooledMemory(content) : null;

    /// <summary>Objects whose key starts with <paramref name="prefix"/>, in ordinal key order.</summary>
    IAsyncEnumerable<ObjectInfo> List(string prefix, CancellationToken cancellation);

    /// <summary>Gives an object its final name, replacing one of that name; false when the source does not exist.</summary>
    ValueTask<bool> Move(string from, string to, CancellationToken cancellation);

    /// <summary>A missing object is no error.</summary>
    ValueTask Delete(string key, CancellationToken cancellation);
}
