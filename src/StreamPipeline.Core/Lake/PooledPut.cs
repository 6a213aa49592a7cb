namespace StreamPipeline.Core.Lake;

/// <summary>Writes an object and gives its bytes back to their pool.</summary>
internal static class PooledPut
{
    /// <param name="objects">The lake.</param>
    /// <param name="key">Name of the object.</param>
    /// <param name="content">Given up by the caller, whatever happens.</param>
    /// <param name="cancellation">Leaves the object written or not.</param>
    public static async ValueTask PutPooled(this IObjectStore objects, string key, PooledBytes content, CancellationToken cancellation)
    {
        await objects.Put(key, content.WrittenMemory, cancellation);

        // Of a call that failed, and of one that went through a network and may have been repeated, nobody knows when it lets go of its bytes: those are
        // left to the garbage collector.
        if (!objects.IsRemote)
        {
            content.Dispose();
        }
    }
}
