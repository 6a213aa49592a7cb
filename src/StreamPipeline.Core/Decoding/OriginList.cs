using System.Buffers;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding;

/// <summary>The origins of a batch's rows as they are decoded, in rented memory.</summary>
internal sealed class OriginList
{
    private EventOrigin[] _origins = [];

    public int Count { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in EventOrigin origin)
    {
        var count = Count;
        if (count == _origins.Length)
        {
            Grow();
        }

        _origins[count] = origin;
        Count = count + 1;
    }

    public void Truncate(int count) => Count = count;

    /// <summary>Hands over the memory, to be given back by <see cref="Return"/>, and starts afresh.</summary>
    public EventOrigin[] Take()
    {
        var taken = _origins;
        (_origins, Count) = ([], 0);
        return taken;
    }

    /// <summary>Gives back what was taken. It is cleared, so that the pool does not keep payloads alive.</summary>
    public static void Return(EventOrigin[] taken)
    {
        if (taken.Length > 0)
        {
            ArrayPool<EventOrigin>.Shared.Return(taken, clearArray: true);
        }
    }

    private void Grow()
    {
        var grown = ArrayPool<EventOrigin>.Shared.Rent(Math.Max(256, _origins.Length * 2));
        _origins.CopyTo(grown, 0);
        Return(_origins);
        _origins = grown;
    }
}
