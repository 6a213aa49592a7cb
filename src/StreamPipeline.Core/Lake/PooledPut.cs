namespace StreamPipeline.Core.Lake;

/// <summary>Writes an object and gives its bytes back to their pool.</summary>
internal static class PooledPut
{
    /// <summary><see cref="IObjectStore.Put"/>.</summary>
    /// <param name="objects">The lake.</param>
    /// <param name="key">Name of the object.</param>
    /// <param name="content">Given up by the caller, whatever happens.</param>
    /// <param name="cancellation">Leaves the object written or not.</param>
    public static async ValueTask PutPooled(this IObjectStore objects, string key, PooledBytes content, CancellationToken cancellation)
    {
        await objects.Put(key, content.WrittenMemory, cancellation);
        Release(objects, content);
    }

    /// <summary><see cref="IObjectStore.Stage"/>.</summary>
    /// <param name="objects">The lake.</param>
    /// <param name="key">Name of the object.</param>
    /// <param name="content">Given up by the caller, whatever happens.</param>
    /// <param name="cancellation">Leaves the object written, in part, or not.</param>
    public static async ValueTask StagePooled(this IObjectStore objects, string key, PooledBytes content, CancellationToken cancellation)
    {
        await objects.Stage(key, content.WrittenMemory, cancellation);
        Release(objects, content);
    }

    /// <summary>
    /// Of a call that failed, and of one that went through a network and may have been repeated, nobody knows when it lets go of its bytes: those are
    /// left to the garbage collector.
    /// </summary>
    private static void Release(IObjectStore objects, PooledBytes content)
    {
        if (!objects.IsRemote)
        {
            content.Dispose();
        }
    }
}
