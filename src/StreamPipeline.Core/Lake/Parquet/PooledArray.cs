using System.Buffers;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Values that grow, in an array of the shared pool; cleared and filled again for the next column. Owner: who made it.</summary>
internal sealed class PooledArray<T> : IDisposable
    where T : unmanaged
{
    private T[] _items = [];

    public int Count { get; private set; }

    public ReadOnlySpan<T> Span => _items.AsSpan(0, Count);

    public Span<T> WritableSpan => _items.AsSpan(0, Count);

    /// <summary>Room for so many more, all counted at once; what is in it is undefined.</summary>
    public Span<T> Extend(int count)
    {
        var needed = checked(Count + count);
        if (needed > _items.Length)
        {
            Grow((int)Math.Min(Math.Max(Math.Max(needed, 256), 2L * _items.Length), Array.MaxLength));
        }

        Count = needed;
        return _items.AsSpan(needed - count, count);
    }

    /// <summary>Makes room for so many in all, so that they are not copied as they grow.</summary>
    public void Reserve(int count)
    {
        if (count > _items.Length)
        {
            Grow(count);
        }
    }

    public void Clear() => Count = 0;

    public void Dispose()
    {
        Return();
        Count = 0;
    }

    private void Grow(int length)
    {
        var larger = ArrayPool<T>.Shared.Rent(length);
        Span.CopyTo(larger);
        Return();
        _items = larger;
    }

    private void Return()
    {
        if (_items.Length > 0)
        {
            ArrayPool<T>.Shared.Return(_items);
            _items = [];
        }
    }
}
