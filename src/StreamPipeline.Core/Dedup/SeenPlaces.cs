using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Dedup;

/// <summary>A place of a <see cref="SeenTable"/>: 20 bytes, so that a key and its neighbours lie on two or three lines of one page. A cohort that is not there: free.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct SeenPlace
{
    /// <summary>No key is above it, and its cohort never is; all its bits are set.</summary>
    public static readonly SeenPlace Free = new() { High = ulong.MaxValue, Low = ulong.MaxValue, Cohort = -1 };

    public ulong High;
    public ulong Low;
    public int Cohort;
}

/// <summary>
/// The memory of a <see cref="SeenTable"/>, outside the garbage collector's heap: it grows where it is, so that neither the pages it has are mapped anew nor a
/// collection is due for those it had. Owner: the table; what is forgotten undisposed is freed by the finalizer. Not thread-safe.
/// </summary>
internal sealed unsafe class SeenPlaces : IDisposable
{
    ~SeenPlaces() => Release();

    /// <summary>The first place; valid until the next <see cref="Grow"/>, and while this is reachable.</summary>
    public SeenPlace* First { get; private set; }

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>The places, as long as they are valid.</summary>
    public Span<SeenPlace> Span => new(First, Length);

    /// <param name="length">At least <see cref="Length"/>. The places that are added hold anything.</param>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public void Grow(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Length);
        First = (SeenPlace*)NativeMemory.Realloc(First, checked((nuint)length * (nuint)sizeof(SeenPlace)));
        Length = length;
    }

    /// <summary>The first places become free.</summary>
    /// <param name="length">How many.</param>
    public void Free(int length) => NativeMemory.Fill(First, (nuint)length * (nuint)sizeof(SeenPlace), byte.MaxValue);

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        NativeMemory.Free(First);
        First = null;
        Length = 0;
    }
}
