using System.Runtime.InteropServices;

namespace StreamPipeline.Cli;

/// <summary>
/// Keeps the C heap small. glibc raises the size from which it maps a block by itself up to 32 MB as blocks are freed, and then keeps up to twice
/// that per arena for later: Arrow's buffers and zstd's contexts, allocated and freed by changing threads, leave hundreds of megabytes of holes.
/// With fixed thresholds such blocks go back to the system at once. Source: mallopt(3), M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_ARENA_MAX.
/// </summary>
internal static partial class NativeHeap
{
    private const int TrimThreshold = -1, MmapThreshold = -3, ArenaMax = -8;
    private const int ThresholdBytes = 128 << 10;

    public static void Bound()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = SetOption(MmapThreshold, ThresholdBytes);
            _ = SetOption(ArenaMax, 1);
            _ = SetOption(TrimThreshold, ThresholdBytes);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // A libc other than glibc (musl) has no such thresholds and does not need them.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
