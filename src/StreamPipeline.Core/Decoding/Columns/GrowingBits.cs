using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>A bitmap, least significant bit first, as Arrow lays out validity and booleans.</summary>
internal sealed class GrowingBits
{
    private readonly GrowingBytes _bytes = new();

    public int Length { get; private set; }

    public void Append(bool bit)
    {
        var place = Length & 7;
        if (place == 0)
        {
            _bytes.Room(1) = bit ? (byte)1 : (byte)0;
            _bytes.Advance(1);
        }
        else if (bit)
        {
            _bytes.Written[^1] |= (byte)(1 << place);
        }

        Length++;
    }

    /// <summary>Adds ones to an empty bitmap.</summary>
    public void AppendSet(int count)
    {
        var bytes = (count + 7) >> 3;
        _bytes.Reserve(bytes)[..bytes].Fill(byte.MaxValue);
        _bytes.Advance(bytes);
        Truncate(count);
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

    public int CountSet()
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

    public ArrowBuffer Build()
    {
        Length = 0;
        return _bytes.Build();
    }
}
