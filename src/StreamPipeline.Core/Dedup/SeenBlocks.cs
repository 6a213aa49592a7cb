using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// Blocks of huge pages for the tables of seen-sets, where the system has them. A few that sets have left are kept for the next ones, as pools of arrays do: in a virtual machine whose host
/// takes free memory back, the first touch of a new page can take longer than all that is done in it. From any thread.
/// Source: madvise(2), MADV_HUGEPAGE.
/// </summary>
internal static unsafe partial class SeenBlocks
{
    /// <summary>A huge page.</summary>
    public const int PageBytes = 2 << 20;

    public const int Bytes = 4 * PageBytes;

    /// <summary>32 MB: what half a million keys take, and little beside what else a process keeps.</summary>
    private const int KeptMax = 4;

    /// <summary>MADV_HUGEPAGE.</summary>
    private const int WithHugePages = 14;

    private static readonly Stack<nint> _kept = [];

    /// <summary>Memory that holds anything, aligned to its pages. Owner: the caller, until <see cref="Return"/>.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public static nint Take()
    {
        lock (_kept)
        {
            if (_kept.TryPop(out var kept))
            {
                return kept;
            }
        }

        var block = (nint)NativeMemory.AlignedAlloc(Bytes, PageBytes);
        AdviseHugePages(block);
        return block;
    }

    /// <summary>Nobody may touch it any more.</summary>
    public static void Return(nint block)
    {
        lock (_kept)
        {
            if (_kept.Count < KeptMax)
            {
                _kept.Push(block);
                return;
            }
        }

        NativeMemory.AlignedFree((void*)block);
    }

    /// <summary>Where the advice is not taken, or nobody can be asked, the pages are small.</summary>
    private static void AdviseHugePages(nint block)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = Advise(block, Bytes, WithHugePages);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system whose C library has another name.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nint bytes, int advice);
}
