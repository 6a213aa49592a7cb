using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>A bitmap, least significant bit first, as Arrow lays out validity and booleans. A field of one owner, as <see cref="GrowingBytes"/>.</summary>
internal struct GrowingBits()
{
    private GrowingBytes _bytes = new(hint: 0);

    public int Length { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(bool bit)
    {
        var place = Length & 7;
        var value = (bit ? 1 : 0) << place;
        if (place == 0)
        {
            _bytes.Room(1) = (byte)value;
            _bytes.Advance(1);
        }
        else
        {
            // The byte before the room; bits are only ever set on append, so the rest of it is 0.
            Unsafe.Subtract(ref _bytes.Room(0), 1) |= (byte)value;
        }

        Length++;
    }

    /// <summary>Adds ones up to <paramref name="index"/>, at least <see cref="Length"/>, and a zero there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendClearAt(int index)
    {
        if (index >> 3 == _bytes.Length - 1)
        {
            _bytes.At(index >> 3) |= (byte)(((1 << (index & 7)) - 1) & (byte.MaxValue << (Length & 7)));
            Length = index + 1;
        }
        else
        {
            AppendClearBeyond(index);
        }
    }

    /// <summary>In a byte that is not there yet.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AppendClearBeyond(int index)
    {
        ExtendSet(index);
        Append(false);
    }

    /// <summary>Adds ones up to <paramref name="length"/> bits, at least <see cref="Length"/>.</summary>
    public void ExtendSet(int length)
    {
        if ((Length & 7) != 0)
        {
            _bytes.Written[^1] |= (byte)(byte.MaxValue << (Length & 7));
        }

        var bytes = ((length + 7) >> 3) - _bytes.Length;
        _bytes.Reserve(bytes)[..bytes].Fill(byte.MaxValue);
        _bytes.Advance(bytes);
        Truncate(length);
    }

    /// <summary>Adds zeros up to <paramref name="length"/> bits, at least <see cref="Length"/>.</summary>
    public void ExtendClear(int length)
    {
        var bytes = ((length + 7) >> 3) - _bytes.Length;
        _bytes.Reserve(bytes)[..bytes].Clear();
        _bytes.Advance(bytes);
        Length = length;
    }

    public void Truncate(int length)
    {
        Length = length;
        _bytes.Truncate((length + 7) >> 3);
        if ((length & 7) != 0)
        {
            // Bits are only ever set on append, so what is cut off must read 0.
            _bytes.Written[^1] &= (byte)((1 << (length & 7)) - 1);
        }
    }

    public readonly int CountSet()
    {
        var words = MemoryMarshal.Cast<byte, ulong>(_bytes.Written);
        var count = 0;
        foreach (var word in words)
        {
            count += BitOperations.PopCount(word);
        }

        foreach (var b in _bytes.Written[(words.Length * sizeof(ulong))..])
        {
            count += BitOperations.PopCount(b);
        }

        return count;
    }

    public ArrowBuffer Build(ColumnBuffers? owner)
    {
        Length = 0;
        return _bytes.Build(owner);
    }

    public void Release()
    {
        Length = 0;
        _bytes.Release();
    }
}
