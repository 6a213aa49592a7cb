using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>The values of an enum: few are found by a hash without collisions, many by one with them.</summary>
internal sealed unsafe class TextChoice
{
    /// <summary>Slots for so few values hold each alone under one of the first few multipliers.</summary>
    private const int FewMax = 12;
    private const int SlotsBits = 6;
    private const int MultipliersMax = 1_000;

    /// <summary>So many slots for each of many values, at least.</summary>
    private const int SlotsPerValue = 4;

    private readonly byte[][] _values;

    /// <summary>The values by the hash of their length and first word, no two in one slot; empty: they are many, or two have the same.</summary>
    private readonly Slot[] _slots = [];
    private readonly ulong _multiplier;

    /// <summary>Otherwise the values by their hash, each in the first free slot from its own on.</summary>
    private readonly ManySlot[] _many = [];
    private readonly TextHash _hash = new();

    public TextChoice(byte[][] values)
    {
        _values = values;
        var multiplier = 0x9E37_79B9_7F4A_7C15;
        for (var i = 0; i < MultipliersMax && values.Length <= FewMax && _slots.Length == 0; i++)
        {
            multiplier = (multiplier * 0xD134_2543_DE82_EF95) | 1;
            (_slots, _multiplier) = (Place(values, multiplier), multiplier);
        }

        if (_slots.Length == 0)
        {
            _many = PlaceMany(values);
        }
    }

    /// <param name="text">A word beyond its end can be read.</param>
    /// <param name="length">Of the text, bytes.</param>
    public bool Contains(byte* text, int length)
    {
        if (_slots.Length == 0)
        {
            return IsOneOfMany(text, length);
        }

        var word = Unsafe.ReadUnaligned<ulong>(text) & Words.Mask(length);
        ref readonly var slot = ref _slots[(int)(((word + (uint)length) * _multiplier) >> (64 - SlotsBits))];
        return slot.Length == length
            && slot.Word == word
            && (length <= sizeof(ulong) || new ReadOnlySpan<byte>(text, length).SequenceEqual(_values[slot.Index]));
    }

    private bool IsOneOfMany(byte* text, int length)
    {
        var many = _many;
        var hash = _hash.Of(text, length);
        for (var i = (int)hash & (many.Length - 1); ; i = (i + 1) & (many.Length - 1))
        {
            ref readonly var slot = ref many[i];
            if (slot.Hash == hash && new ReadOnlySpan<byte>(text, length).SequenceEqual(_values[slot.Index]))
            {
                return true;
            }

            if (slot.Hash == 0)
            {
                return false;
            }
        }
    }

    private ManySlot[] PlaceMany(byte[][] values)
    {
        var slots = new ManySlot[BitOperations.RoundUpToPowerOf2((uint)values.Length * SlotsPerValue)];
        for (var value = 0; value < values.Length; value++)
        {
            var hash = _hash.Of(values[value]);
            var i = (int)hash & (slots.Length - 1);
            while (slots[i].Hash != 0)
            {
                i = (i + 1) & (slots.Length - 1);
            }

            slots[i] = new ManySlot(hash, value);
        }

        return slots;
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

    private readonly record struct Slot(ulong Word, int Length, int Index);

    /// <param name="Hash">0: empty.</param>
    /// <param name="Index">Of the value.</param>
    private readonly record struct ManySlot(ulong Hash, int Index);
}
