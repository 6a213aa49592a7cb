using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

internal static class Words
{
    /// <summary>The low <paramref name="bytes"/> bytes; all eight from eight on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mask(int bytes) => bytes >= sizeof(ulong) ? ulong.MaxValue : (1UL << (bytes * 8)) - 1;
}
