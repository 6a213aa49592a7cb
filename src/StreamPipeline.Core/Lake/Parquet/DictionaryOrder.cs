using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Puts a dictionary's entries nearly into the order of their bytes, in which neighbours are alike: decimals whose doubles lie at equal distances have
/// their lower bytes again and again, numbered names differ in a digit. zstd then makes a third of them. Owner: the values of a chunk.
/// </summary>
internal sealed class DictionaryOrder : IDisposable
{
    // Below, a dictionary page has nothing to save; sorting takes longer than it saves where nearly each value is an entry.
    private const int EntriesMin = 64;
    private const int ValuesEachMin = 8;

    // New names that come with time have codes near each other as they come, which is worth more than a short dictionary.
    private const int EarlyPart = 4;
    private const double KnownEarly = 0.75;

    private const int DigitBits = 8;

    private readonly PooledArray<ulong> _keys = new();
    private readonly PooledArray<ulong> _others = new();
    private readonly PooledArray<int> _entries = new();
    private readonly PooledArray<int> _codes = new();

    /// <summary>By code: which entry it stands for, counted as they were added.</summary>
    public ReadOnlySpan<int> Entries => _entries.Span;

    /// <summary>Orders numbers, given as bits.</summary>
    /// <param name="entries">The number of each code.</param>
    /// <param name="codes">Changed to codes in the new order.</param>
    public void OfNumbers(ReadOnlySpan<ulong> entries, Span<int> codes)
    {
        if (Begin(entries.Length, codes))
        {
            entries.CopyTo(_keys.WritableSpan);
            Sort(codes);
        }
    }

    /// <summary>Orders texts by the eight bytes behind what all of them begin with.</summary>
    /// <param name="dictionary">Tells where the text of each code is.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="codes">Changed to codes in the new order.</param>
    public void OfTexts(TextDictionary dictionary, TextSpan texts, Span<int> codes)
    {
        if (!Begin(dictionary.Count, codes))
        {
            return;
        }

        var keys = _keys.WritableSpan;
        var first = texts[dictionary.FirstValueOf(0)];
        var shared = first.Length;
        for (var i = 1; i < keys.Length; i++)
        {
            shared = first[..shared].CommonPrefixLength(texts[dictionary.FirstValueOf(i)]);
        }

        for (var i = 0; i < keys.Length; i++)
        {
            var rest = texts[dictionary.FirstValueOf(i)][shared..];
            ulong key = 0;
            rest[..Math.Min(rest.Length, sizeof(ulong))].CopyTo(MemoryMarshal.AsBytes(new Span<ulong>(ref key)));
            keys[i] = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(key) : key;
        }

        Sort(codes);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _others.Dispose();
        _entries.Dispose();
        _codes.Dispose();
    }

    /// <summary>Makes room for the keys; false when the entries are to stay as they are.</summary>
    private bool Begin(int count, ReadOnlySpan<int> codes)
    {
        _entries.Clear();
        var entries = _entries.Extend(count);
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = i;
        }

        if (count < EntriesMin || codes.Length / ValuesEachMin < count || Greatest(codes[..(codes.Length / EarlyPart)]) < KnownEarly * count)
        {
            return false;
        }

        _keys.Clear();
        _keys.Extend(count);
        return true;
    }

    /// <summary>Sorts numbers that have the key above and the entry below. Keys lose their lowest bits where both do not fit: then neighbours may stay as they were.</summary>
    private void Sort(Span<int> codes)
    {
        var keys = _keys.WritableSpan;
        var (least, greatest) = IntegerRange.Of<ulong>(keys);
        var entryBits = BitOperations.Log2((uint)keys.Length) + 1;
        var lost = Math.Max(0, 64 - BitOperations.LeadingZeroCount(greatest - least) + entryBits - 64);
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = (((keys[i] - least) >> lost) << entryBits) | (uint)i;
        }

        keys = ByDigits(keys, entryBits);
        _entries.Clear();
        var entries = _entries.Extend(keys.Length);
        _codes.Clear();
        var newCodes = _codes.Extend(keys.Length);
        for (var place = 0; place < keys.Length; place++)
        {
            entries[place] = (int)(keys[place] & ((1UL << entryBits) - 1));
            newCodes[entries[place]] = place;
        }

        foreach (ref var value in codes)
        {
            value = newCodes[value];
        }
    }

    /// <summary>
    /// Sorts by the bits above <paramref name="ignored"/>, in which numbers with equal ones stay as they were: from the lowest digit to the highest, since comparing would take a
    /// branch per step that nobody can foresee.
    /// </summary>
    /// <returns>The sorted numbers, where they have come to lie.</returns>
    private Span<ulong> ByDigits(Span<ulong> keys, int ignored)
    {
        _others.Clear();
        var others = _others.Extend(keys.Length);
        Span<int> places = stackalloc int[1 << DigitBits];
        for (var shift = ignored; shift < 64; shift += DigitBits)
        {
            places.Clear();
            foreach (var key in keys)
            {
                places[(int)(byte)(key >> shift)]++;
            }

            if (places[(int)(byte)(keys[0] >> shift)] == keys.Length)
            {
                // They all have the same.
                continue;
            }

            var next = 0;
            foreach (ref var place in places)
            {
                (place, next) = (next, next + place);
            }

            foreach (var key in keys)
            {
                others[places[(int)(byte)(key >> shift)]++] = key;
            }

            var sorted = others;
            others = keys;
            keys = sorted;
        }

        return keys;
    }

    private static int Greatest(ReadOnlySpan<int> codes)
    {
        var vectors = MemoryMarshal.Cast<int, Vector<int>>(codes);
        var greatest = Vector<int>.Zero;
        foreach (var vector in vectors)
        {
            greatest = Vector.Max(greatest, vector);
        }

        var max = 0;
        for (var lane = 0; lane < Vector<int>.Count; lane++)
        {
            max = Math.Max(max, greatest[lane]);
        }

        foreach (var code in codes[(vectors.Length * Vector<int>.Count)..])
        {
            max = Math.Max(max, code);
        }

        return max;
    }
}
