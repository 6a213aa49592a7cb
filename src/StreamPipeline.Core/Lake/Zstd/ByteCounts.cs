using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>How often each byte comes in a block, counted on a part of it where that is enough to make a code.</summary>
internal sealed class ByteCounts
{
    // Stretches longer than most records, so that each of their places is seen.
    private const int Stretch = 1 << 10;
    private const int Stride = 4 * Stretch;
    private const int SampledMin = 8 * Stride;

    private readonly int[] _tables = new int[4 * 256];
    private readonly byte[] _seen = new byte[256];
    private SearchValues<byte> _known = SearchValues.Create(ReadOnlySpan<byte>.Empty);
    private int _knownCount;

    /// <summary>The counts; valid until the next call.</summary>
    public ReadOnlySpan<int> Counts => _tables.AsSpan(0, 256);

    /// <summary>How many bytes were counted.</summary>
    public int Counted { get; private set; }

    /// <summary>Fills <see cref="Counts"/>; every byte that comes at all has a count.</summary>
    public void Count(ReadOnlySpan<byte> block)
    {
        _tables.AsSpan().Clear();
        if (block.Length >= SampledMin)
        {
            for (var at = 0; at < block.Length; at += Stride)
            {
                Add(block.Slice(at, Math.Min(Stretch, block.Length - at)));
            }

            Sum();
            if (!block.ContainsAnyExcept(Known()))
            {
                return;
            }

            _tables.AsSpan().Clear();
        }

        Add(block);
        Sum();
    }

    /// <summary>In four tables, since a count is not to be read again before it is written.</summary>
    private void Add(ReadOnlySpan<byte> bytes)
    {
        ref var tables = ref MemoryMarshal.GetArrayDataReference(_tables);
        var words = MemoryMarshal.Cast<byte, uint>(bytes);
        foreach (var word in words)
        {
            Unsafe.Add(ref tables, (nint)(byte)word)++;
            Unsafe.Add(ref tables, (nint)(byte)(word >> 8) + 256)++;
            Unsafe.Add(ref tables, (nint)(byte)(word >> 16) + 512)++;
            Unsafe.Add(ref tables, (nint)(word >> 24) + 768)++;
        }

        foreach (var value in bytes[(words.Length * sizeof(uint))..])
        {
            _tables[value]++;
        }
    }

    private void Sum()
    {
        Counted = 0;
        for (var value = 0; value < 256; value++)
        {
            _tables[value] += _tables[value + 256] + _tables[value + 512] + _tables[value + 768];
            Counted += _tables[value];
        }
    }

    /// <summary>The bytes that were counted, as something to search for; mostly the same as in the block before.</summary>
    private SearchValues<byte> Known()
    {
        Span<byte> seen = stackalloc byte[256];
        var count = 0;
        for (var value = 0; value < 256; value++)
        {
            seen[count] = (byte)value;
            count += _tables[value] > 0 ? 1 : 0;
        }

        seen = seen[..count];
        if (!seen.SequenceEqual(_seen.AsSpan(0, _knownCount)))
        {
            seen.CopyTo(_seen);
            _knownCount = count;
            _known = SearchValues.Create(seen);
        }

        return _known;
    }
}
