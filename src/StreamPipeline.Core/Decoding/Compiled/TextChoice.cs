using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>The values of an enum: few are found by a hash without collisions, many are searched.</summary>
internal sealed unsafe class TextChoice
{
    /// <summary>Slots for so few values hold each alone under one of the first few multipliers.</summary>
    private const int FewMax = 12;
    private const int SlotsBits = 6;
    private const int MultipliersMax = 1_000;

    private readonly byte[][] _sorted;

    /// <summary>The values by the hash of their length and first word, no two in one slot; empty: they are many, or two have the same.</summary>
    private readonly Slot[] _slots = [];
    private readonly ulong _multiplier;

    /// <param name="sorted">In ordinal order.</param>
    public TextChoice(byte[][] sorted)
    {
        _sorted = sorted;
        var multiplier = 0x9E37_79B9_7F4A_7C15;
        for (var i = 0; i < MultipliersMax && sorted.Length <= FewMax && _slots.Length == 0; i++)
        {
            multiplier = (multiplier * 0xD134_2543_DE82_EF95) | 1;
            (_slots, _multiplier) = (Place(sorted, multiplier), multiplier);
        }
    }

    public bool Contains(byte* text, int length)
    {
        if (_slots.Length == 0)
        {
            return IsOneOfMany(new ReadOnlySpan<byte>(text, length));
        }

        var word = Unsafe.ReadUnaligned<ulong>(text) & Words.Mask(length);
        ref readonly var slot = ref _slots[(int)(((word + (uint)length) * _multiplier) >> (64 - SlotsBits))];
        return slot.Length == length
            && slot.Word == word
            && (length <= sizeof(ulong) || new ReadOnlySpan<byte>(text, length).SequenceEqual(_sorted[slot.Index]));
    }

    private static Slot[] Place(byte[][] values, ulong multiplier)
    {
        var slots = new Slot[1 << SlotsBits];
        Array.Fill(slots, new Slot(0, -1, 0));
        for (var i = 0; i < values.Length; i++)
        {
            var word = Word(values[i]);
            ref var slot = ref slots[(int)(((word + (uint)values[i].Length) * multiplier) >> (64 - SlotsBits))];
            if (slot.Length >= 0)
            {
                return [];
            }

            slot = new Slot(word, values[i].Length, i);
        }

        return slots;
    }

    private static ulong Word(byte[] value)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        word.Clear();
        value.AsSpan(0, Math.Min(value.Length, word.Length)).CopyTo(word);
        return BitConverter.ToUInt64(word);
    }

    private bool IsOneOfMany(ReadOnlySpan<byte> text)
    {
        int low = 0, high = _sorted.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = text.SequenceCompareTo(_sorted[middle]);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order > 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    private readonly record struct Slot(ulong Word, int Length, int Index);
}
