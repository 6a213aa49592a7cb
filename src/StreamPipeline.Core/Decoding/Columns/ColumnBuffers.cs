using System.Buffers;
using Apache.Arrow;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>
/// The rented memory behind the columns of one batch. Arrow has no public way to be told to give rented memory back, so the batch does: no array
/// over this memory, slices included, may be read after <see cref="Dispose"/>. A batch that nobody disposes costs the pool its memory and nothing else.
/// </summary>
internal sealed class ColumnBuffers : IDisposable
{
    private readonly List<byte[]> _rented = [];
    private readonly List<(System.Array Rented, Action<System.Array> Return)> _others = [];
    private int _disposed;

    /// <summary>Takes over a rented array.</summary>
    /// <returns>Its first <paramref name="length"/> bytes.</returns>
    public ArrowBuffer Own(byte[] rented, int length)
    {
        _rented.Add(rented);
        return new ArrowBuffer(rented.AsMemory(0, length));
    }

    /// <summary>Memory of at least that many bytes; what is in it is whatever was there.</summary>
    public byte[] Rent(int bytes)
    {
        var rented = ArrayPool<byte>.Shared.Rent(bytes);
        _rented.Add(rented);
        return rented;
    }

    /// <summary>Memory for at least that many values; what is in it is whatever was there.</summary>
    public T[] Rent<T>(int count)
        where T : unmanaged
    {
        var rented = ArrayPool<T>.Shared.Rent(count);
        _others.Add((rented, static array => ArrayPool<T>.Shared.Return((T[])array)));
        return rented;
    }

    /// <summary>From any thread; a second time it does nothing, since the memory may be another batch's by then.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        foreach (var rented in _rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        foreach (var (rented, giveBack) in _others)
        {
            giveBack(rented);
        }
    }
}
