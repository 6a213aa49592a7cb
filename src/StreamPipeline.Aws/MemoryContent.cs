using System.Runtime.InteropServices;

namespace StreamPipeline.Aws;

/// <summary>The SDK takes content as streams; this makes one over bytes without a copy, when they are an array's.</summary>
internal static class MemoryContent
{
    public static MemoryStream StreamOver(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out var array)
        ? new MemoryStream(array.Array ?? [], array.Offset, array.Count, writable: false, publiclyVisible: true)
        : new MemoryStream(bytes.ToArray(), writable: false);
}
