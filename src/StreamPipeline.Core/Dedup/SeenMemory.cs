using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// A place of a <see cref="SeenTable"/>: 20 bytes, so that a key and its neighbours lie on two or three lines. A cohort that is not there: free. All bits set: no key is
/// above it, and its cohort is never there.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct SeenPlace
{
    public ulong High;
    public ulong Low;
    public int Cohort;
}

/// <summary>
/// The memory of a seen-set's tables, outside the garbage collector's heap. Tables of the usual size lie in blocks of huge pages where the system has them: keys are looked
/// up all over the set, and with pages of 4 KB the processor's search for the page is most of the time. What a table leaves is the next one's. Owner: the set; what is
/// forgotten undisposed is freed by the finalizer. Not thread-safe.
/// Source: madvise(2), MADV_HUGEPAGE.
/// </summary>
/// <param name="placesUsual">Of a table that has grown as far as it grows before it is split.</param>
internal sealed unsafe partial class SeenMemory(int placesUsual) : IDisposable
{
    private const int HugePageBytes = 2 << 20;
    private const int BlockBytes = 4 * HugePageBytes;
    public const int LineBytes = 64;

    /// <summary>MADV_HUGEPAGE.</summary>
    private const int WithHugePages = 14;

    private readonly int _usualBytes = ((placesUsual * sizeof(SeenPlace)) + LineBytes - 1) & -LineBytes;
    private readonly List<nint> _blocks = [];
    private readonly Stack<nint> _unused = [];
    private readonly HashSet<nint> _singles = [];

    ~SeenMemory() => Release();

    /// <summary>Places that hold anything.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public SeenPlace* Take(int places)
    {
        // A huge page would be too much for a set whose tables never come near it.
        if (places != placesUsual || _usualBytes is < HugePageBytes / 2 or > BlockBytes)
        {
            var single = (nint)NativeMemory.Alloc((nuint)places, (nuint)sizeof(SeenPlace));
            _singles.Add(single);
            return (SeenPlace*)single;
        }

        if (_unused.Count == 0)
        {
            AddBlock();
        }

        return (SeenPlace*)_unused.Pop();
    }

    /// <summary>Gives back what <see cref="Take"/> gave; null: nothing.</summary>
    public void Return(SeenPlace* places)
    {
        if (_singles.Remove((nint)places))
        {
            NativeMemory.Free(places);
        }
        else if (places is not null)
        {
            _unused.Push((nint)places);
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void AddBlock()
    {
        var block = (nint)NativeMemory.AlignedAlloc(BlockBytes, HugePageBytes);
        _blocks.Add(block);
        AdviseHugePages(block);
        for (var at = (BlockBytes / _usualBytes) - 1; at >= 0; at--)
        {
            _unused.Push(block + (at * _usualBytes));
        }
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
            _ = Advise(block, BlockBytes, WithHugePages);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system whose C library has another name.
        }
    }

    private void Release()
    {
        foreach (var single in _singles)
        {
            NativeMemory.Free((void*)single);
        }

        foreach (var block in _blocks)
        {
            NativeMemory.AlignedFree((void*)block);
        }

        _singles.Clear();
        _blocks.Clear();
        _unused.Clear();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nint bytes, int advice);
}
