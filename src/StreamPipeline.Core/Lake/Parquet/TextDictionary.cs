using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>The distinct values of a chunk of text or bytes, and the code of each value. Open addressing; kept for the next chunk.</summary>
internal sealed class TextDictionary : IDisposable
{
    private const int ProbesMax = 64;
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private readonly PooledArray<int> _slots = new();
    private readonly PooledArray<Entry> _entries = new();

    public int Count => _entries.Count;

    /// <summary>The value that an entry was first seen at.</summary>
    public int FirstValueOf(int code) => _entries.Span[code].Value;

    /// <summary>False when it does not pay; the codes are undefined then.</summary>
    /// <param name="text">The values.</param>
    /// <param name="codes">Replaced by one code for each value.</param>
    /// <param name="otherBytes">What a value takes without a dictionary, compressed.</param>
    public bool TryBuild(TextSpan text, PooledArray<int> codes, double otherBytes)
    {
        var odds = new DictionaryOdds(text.Count, sizeof(int) + ((double)text.Bytes(0, text.Count) / text.Count), otherBytes);
        _entries.Clear();
        codes.Clear();
        var to = codes.Extend(text.Count);
        var slots = Grow(1_024);
        var at = 0;
        while (at < text.Count)
        {
            var end = Math.Min(text.Count, Math.Min(odds.NextLook, at + (slots.Length / 2) - Count));
            if (!Add(text, at, end, to, slots))
            {
                return false;
            }

            at = end;
            if ((at == odds.NextLook || at == text.Count) && !odds.Pays(at, Count))
            {
                return false;
            }

            if (Count > slots.Length / 4)
            {
                slots = Grow(slots.Length * 4);
            }
        }

        return true;
    }

    /// <summary>The entries as a PLAIN page.</summary>
    public void WriteTo(TextSpan text, PooledBytes output)
    {
        foreach (var entry in _entries.Span)
        {
            var value = text[entry.Value];
            var to = output.GetSpan(sizeof(int) + value.Length);
            BinaryPrimitives.WriteInt32LittleEndian(to, value.Length);
            value.CopyTo(to[sizeof(int)..]);
            output.Advance(sizeof(int) + value.Length);
        }
    }

    public void Dispose()
    {
        _slots.Dispose();
        _entries.Dispose();
    }

    private bool Add(TextSpan text, int from, int end, Span<int> codes, Span<int> slots)
    {
        var shift = 64 - BitOperations.Log2((uint)slots.Length);
        var mask = slots.Length - 1;
        var entries = _entries.Span;
        for (var i = from; i < end; i++)
        {
            var value = text[i];
            var hash = HashOf(value);
            var slot = (int)(hash >> shift);
            int code;
            for (var probes = 0; (code = slots[slot]) >= 0; slot = (slot + 1) & mask)
            {
                if (entries[code].Hash == hash && text[entries[code].Value].SequenceEqual(value))
                {
                    break;
                }

                if (++probes > ProbesMax)
                {
                    return false;
                }
            }

            if (code < 0)
            {
                code = _entries.Count;
                _entries.Extend(1)[0] = new Entry(hash, i);
                entries = _entries.Span;
                slots[slot] = code;
            }

            codes[i] = code;
        }

        return true;
    }

    private Span<int> Grow(int length)
    {
        _slots.Clear();
        var slots = _slots.Extend(length);
        slots.Fill(-1);
        var shift = 64 - BitOperations.Log2((uint)length);
        var entries = _entries.Span;
        for (var code = 0; code < entries.Length; code++)
        {
            var slot = (int)(entries[code].Hash >> shift);
            while (slots[slot] >= 0)
            {
                slot = (slot + 1) & (length - 1);
            }

            slots[slot] = code;
        }

        return slots;
    }

    /// <summary>Short text by two loads that may overlap, the rest by XxHash3.</summary>
    private static ulong HashOf(ReadOnlySpan<byte> value)
    {
        ref var start = ref MemoryMarshal.GetReference(value);
        ulong low, high;
        switch (value.Length)
        {
            case > 16:
                return XxHash3.HashToUInt64(value);
            case >= 8:
                low = Unsafe.ReadUnaligned<ulong>(ref start);
                high = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, value.Length - 8));
                break;
            case >= 4:
                low = Unsafe.ReadUnaligned<uint>(ref start);
                high = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, value.Length - 4));
                break;
            case > 0:
                low = value[0];
                high = ((ulong)value[value.Length / 2] << 8) | value[^1];
                break;
            default:
                return 0;
        }

        var product = Math.BigMul(low ^ Golden, (high ^ (ulong)value.Length) * Golden, out var rest);
        return product ^ rest;
    }

    private readonly record struct Entry(ulong Hash, int Value);
}

/// <summary>Texts one after the other: text i is bytes [offsets[i], offsets[i + 1]).</summary>
internal readonly ref struct TextSpan(ReadOnlySpan<int> offsets, ReadOnlySpan<byte> bytes)
{
    public readonly ReadOnlySpan<int> Offsets = offsets;
    public readonly ReadOnlySpan<byte> All = bytes;

    public int Count => Offsets.Length - 1;

    public ReadOnlySpan<byte> this[int index] => All[Offsets[index]..Offsets[index + 1]];

    public int Bytes(int from, int count) => Offsets[from + count] - Offsets[from];
}
