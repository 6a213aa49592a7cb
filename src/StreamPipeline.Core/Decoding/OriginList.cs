using System.Buffers;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding;

/// <summary>The origins of a batch's rows as they are decoded, in rented memory.</summary>
internal sealed class OriginList
{
    private EventOrigin[] _origins = [];

    /// <summary>About as many as the last batch had: what is known of it sizes the next one.</summary>
    private int _hint;

    public int Count { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int record, int index, ReadOnlyMemory<byte> raw)
    {
        var (origins, count) = (_origins, Count);
        if ((uint)count >= (uint)origins.Length)
        {
            origins = Grow();
        }

        origins[count] = new EventOrigin(record, index, raw);
        Count = count + 1;
    }

    public void Truncate(int count)
    {
        _origins.AsSpan(count, Count - count).Clear();
        Count = count;
    }

    /// <summary>Hands over the memory, to be given back by <see cref="Return"/>, and starts afresh.</summary>
    public EventOrigin[] Take()
    {
        var taken = _origins;
        _hint = Math.Max(Count + (Count >> 3), _hint - (_hint >> 2));
        (_origins, Count) = ([], 0);
        return taken;
    }

    /// <summary>Gives back what was taken. What it held is cleared, so that the pool does not keep payloads alive.</summary>
    /// <param name="taken">From <see cref="Take"/>.</param>
    /// <param name="count">How many it held.</param>
    public static void Return(EventOrigin[] taken, int count)
    {
        if (taken.Length > 0)
        {
            taken.AsSpan(0, count).Clear();
            ArrayPool<EventOrigin>.Shared.Return(taken);
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        var count = Count;
        Return(Take(), count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private EventOrigin[] Grow()
    {
        var grown = ArrayPool<EventOrigin>.Shared.Rent(Math.Max(Math.Max(_hint, 256), _origins.Length * 2));
        _origins.AsSpan(0, Count).CopyTo(grown);
        Return(_origins, Count);
        return _origins = grown;
    }
}
