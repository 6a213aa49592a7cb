using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// A place of a <see cref="SeenTable"/>: 16 bytes, so that a key and its neighbours lie on one or two lines. A cohort that is not there: free. All bits set: no key is
/// above it, and its cohort is never there.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SeenPlace
{
    public ulong High;
    public uint Low;
    public int Cohort;
}

/// <summary>
/// The memory of a seen-set's tables, outside the garbage collector's heap. Tables of the usual size lie in blocks of huge pages where the system has them: keys are looked
/// up all over the set, and with pages of 4 KB the processor's search for the page is most of the time. What a table leaves is the next one's, and what a set leaves the next
/// set's (<see cref="SeenBlocks"/>). Owner: the set; what is forgotten undisposed is freed by the finalizer. Not thread-safe.
/// </summary>
/// <param name="placesUsual">Of a table that has grown as far as it grows before it is split.</param>
internal sealed unsafe class SeenMemory(int placesUsual) : IDisposable
{
    public const int LineBytes = 64;

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
        if (places != placesUsual || _usualBytes is < SeenBlocks.PageBytes / 2 or > SeenBlocks.Bytes)
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
        var block = SeenBlocks.Take();
        _blocks.Add(block);
        for (var at = (SeenBlocks.Bytes / _usualBytes) - 1; at >= 0; at--)
        {
            _unused.Push(block + (at * _usualBytes));
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
            SeenBlocks.Return(block);
        }

        _singles.Clear();
        _blocks.Clear();
        _unused.Clear();
    }
}
