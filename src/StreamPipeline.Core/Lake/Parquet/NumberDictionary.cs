using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// The distinct values of a chunk of numbers, told apart by their bits, and the code of each value. Open addressing; kept for the next chunk.
/// </summary>
internal sealed class NumberDictionary : IDisposable
{
    // Values chosen so that they collide would make a table quadratic; honest ones never come near this.
    private const int ProbesMax = 64;
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private readonly PooledArray<int> _slots = new();
    private readonly PooledArray<ulong> _entries = new();

    public int Count => _entries.Count;

    /// <summary>The entry of a code, as bits.</summary>
    public ulong this[int code] => _entries.Span[code];

    /// <summary>False when it does not pay; the codes are undefined then.</summary>
    public bool TryBuild<T>(ReadOnlySpan<T> values, PooledArray<int> codes, double otherBytes, int firstLook = DictionaryOdds.FirstLook)
        where T : unmanaged
    {
        var odds = new DictionaryOdds(values.Length, Unsafe.SizeOf<T>(), otherBytes, firstLook);
        _entries.Clear();
        codes.Clear();
        var to = codes.Extend(values.Length);
        var slots = Grow(1_024);
        var at = 0;
        while (at < values.Length)
        {
            var end = Math.Min(values.Length, Math.Min(odds.NextLook, at + (slots.Length / 2) - Count));
            if (!Add(values[at..end], to[at..end], slots))
            {
                return false;
            }

            at = end;
            if ((at == odds.NextLook || at == values.Length) && !odds.Pays(at, Count))
            {
                return false;
            }

            // A stretch adds at most what is left of half the table.
            if (Count > slots.Length / 4)
            {
                slots = Grow(slots.Length * 4);
            }
        }

        return true;
    }

    /// <summary>All entries, as bits.</summary>
    public ReadOnlySpan<ulong> Entries => _entries.Span;

    /// <summary>The entries as a PLAIN page, in an order.</summary>
    public void WriteTo(ReadOnlySpan<int> order, int bytesEach, PooledBytes output)
    {
        foreach (var entry in order)
        {
            var bytes = _entries.Span[entry];
            MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref bytes))[..bytesEach].CopyTo(output.GetSpan(bytesEach));
            output.Advance(bytesEach);
        }
    }

    public void Dispose()
    {
        _slots.Dispose();
        _entries.Dispose();
    }

    private bool Add<T>(ReadOnlySpan<T> values, Span<int> codes, Span<int> slots)
        where T : unmanaged
    {
        var shift = 64 - BitOperations.Log2((uint)slots.Length);

        // A slot is below 2^(64 - shift), a code below the number of entries.
        ref var firstSlot = ref MemoryMarshal.GetReference(slots);
        ref var firstEntry = ref MemoryMarshal.GetReference(_entries.Span);
        codes = codes[..values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var bits = BitsOf(values[i]);
            var slot = (nuint)((bits * Golden) >> shift);
            var code = Unsafe.Add(ref firstSlot, slot);
            if (code < 0 || Unsafe.Add(ref firstEntry, (nuint)(uint)code) != bits)
            {
                code = Probe(bits, (int)slot, slots);
                if (code < 0)
                {
                    return false;
                }

                firstEntry = ref MemoryMarshal.GetReference(_entries.Span);
            }

            codes[i] = code;
        }

        return true;
    }

    /// <summary>The code of what is not in the first slot it may be in: a new one, unless it is found behind. Negative when too many collide.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Probe(ulong bits, int slot, Span<int> slots)
    {
        var entries = _entries.Span;
        var mask = slots.Length - 1;
        int code;
        for (var probes = 0; (code = slots[slot]) >= 0; slot = (slot + 1) & mask)
        {
            if (entries[code] == bits)
            {
                return code;
            }

            if (++probes > ProbesMax)
            {
                return -1;
            }
        }

        code = _entries.Count;
        _entries.Extend(1)[0] = bits;
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
            var slot = (int)((entries[code] * Golden) >> shift);
            while (slots[slot] >= 0)
            {
                slot = (slot + 1) & (length - 1);
            }

            slots[slot] = code;
        }

        return slots;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong BitsOf<T>(T value)
        where T : unmanaged => Unsafe.SizeOf<T>() == sizeof(ulong) ? Unsafe.BitCast<T, ulong>(value) : Unsafe.BitCast<T, uint>(value);
}
