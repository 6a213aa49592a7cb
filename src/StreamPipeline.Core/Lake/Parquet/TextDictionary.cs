using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>The distinct values of a chunk of text or bytes, and the code of each value. Open addressing; kept for the next chunk.</summary>
internal sealed class TextDictionary : IDisposable
{
    private const int ProbesMax = 64;

    private readonly PooledArray<int> _slots = new();
    private readonly PooledArray<Entry> _entries = new();

    public int Count => _entries.Count;

    /// <summary>The value that an entry was first seen at.</summary>
    public int FirstValueOf(int code) => _entries.Span[code].Value;

    /// <summary>False when it does not pay; the codes are undefined then.</summary>
    /// <param name="text">The values.</param>
    /// <param name="codes">Replaced by one code for each value.</param>
    /// <param name="otherBytes">What a value takes without a dictionary, compressed.</param>
    /// <param name="firstLook">After how many values one that does not pay is given up.</param>
    public bool TryBuild(TextSpan text, PooledArray<int> codes, double otherBytes, int firstLook = DictionaryOdds.FirstLook)
    {
        var odds = new DictionaryOdds(text.Count, sizeof(int) + ((double)text.Bytes(0, text.Count) / text.Count), otherBytes, firstLook);
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

    /// <summary>Forgets all entries, for texts that come one by one.</summary>
    public void Clear()
    {
        _entries.Clear();
        Grow(1_024);
    }

    /// <summary>The code of a text; a new one is <see cref="Count"/> as it was, and the caller adds the text to the known ones.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="known">The text of each code.</param>
    /// <returns>Negative when too many texts collide.</returns>
    public int CodeOf(ReadOnlySpan<byte> text, TextSpan known)
    {
        var key = TextKey.Of(text);
        var slots = _slots.WritableSpan;
        var entries = _entries.Span;
        var slot = (int)(key.Hash() >> (64 - BitOperations.Log2((uint)slots.Length)));
        for (var probes = 0; slots[slot] is >= 0 and var code; slot = (slot + 1) & (slots.Length - 1))
        {
            if (entries[code].Key == key && (key.Length <= TextKey.WholeBytesMax || known[code].SequenceEqual(text)))
            {
                return code;
            }

            if (++probes > ProbesMax)
            {
                return -1;
            }
        }

        var next = _entries.Count;
        slots[slot] = next;
        _entries.Extend(1)[0] = new Entry(key, next);
        if (Count > slots.Length / 4)
        {
            Grow(slots.Length * 4);
        }

        return next;
    }

    /// <summary>The entries as a PLAIN page, in an order.</summary>
    public void WriteTo(TextSpan text, ReadOnlySpan<int> order, PooledBytes output)
    {
        foreach (var entry in order)
        {
            var value = text[FirstValueOf(entry)];
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
        var entries = _entries.Span;
        for (var i = from; i < end; i++)
        {
            var key = text.KeyOf(i);
            var slot = (int)(key.Hash() >> shift);
            var code = slots[slot];
            if (code < 0 || entries[code].Key != key || key.Length > TextKey.WholeBytesMax)
            {
                code = Probe(text, i, key, slot, slots);
                if (code < 0)
                {
                    return false;
                }

                entries = _entries.Span;
            }

            codes[i] = code;
        }

        return true;
    }

    /// <summary>The code of what its first slot does not tell: a new one, unless it is found there or behind. Negative when too many collide.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Probe(TextSpan text, int index, in TextKey key, int slot, Span<int> slots)
    {
        var entries = _entries.Span;
        var mask = slots.Length - 1;
        int code;
        for (var probes = 0; (code = slots[slot]) >= 0; slot = (slot + 1) & mask)
        {
            if (entries[code].Key == key && (key.Length <= TextKey.WholeBytesMax || text[entries[code].Value].SequenceEqual(text[index])))
            {
                return code;
            }

            if (++probes > ProbesMax)
            {
                return -1;
            }
        }

        code = _entries.Count;
        _entries.Extend(1)[0] = new Entry(key, index);
        slots[slot] = code;
        return code;
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
            var slot = (int)(entries[code].Key.Hash() >> shift);
            while (slots[slot] >= 0)
            {
                slot = (slot + 1) & (length - 1);
            }

            slots[slot] = code;
        }

        return slots;
    }

    private readonly record struct Entry(TextKey Key, int Value);
}
