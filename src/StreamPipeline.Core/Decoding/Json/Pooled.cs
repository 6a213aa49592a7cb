using System.Buffers;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>Rented scratch memory that only grows while its owner lives.</summary>
internal static class Pooled
{
    /// <summary>Makes room for <paramref name="length"/> elements; what was in it is lost.</summary>
    public static void Reserve<T>(ref T[] scratch, int length)
    {
        if (scratch.Length < length)
        {
            ArrayPool<T>.Shared.Return(scratch);
            scratch = [];
            scratch = ArrayPool<T>.Shared.Rent(length);
        }
    }
}
