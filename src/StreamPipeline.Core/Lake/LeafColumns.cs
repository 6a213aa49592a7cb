using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <param name="Leaf">Whose levels these are.</param>
/// <param name="Count">How many entries.</param>
/// <param name="Definition">Null: every entry is defined.</param>
/// <param name="Repetition">Null: every entry starts a row.</param>
internal sealed record LeafEntries(ParquetLeaf Leaf, int Count, int[]? Definition, int[]? Repetition)
{
    public int DefinitionAt(int entry) => Definition is null ? 0 : Definition[entry];

    public int RepetitionAt(int entry) => Repetition is null ? 0 : Repetition[entry];

    /// <summary>Level from which on an entry is a slot of the innermost array: its list has an item there.</summary>
    public int SlotLevel { get; } = SlotLevelOf(Leaf, Leaf.Steps.Length);

    /// <summary>The same for the array that step <paramref name="step"/> of the way stands for.</summary>
    public static int SlotLevelOf(ParquetLeaf leaf, int step)
    {
        var level = 0;
        var slot = 0;
        for (var i = 0; i < step; i++)
        {
            level += (leaf.Steps[i].IsOptional ? 1 : 0) + (leaf.Steps[i].IsList ? 1 : 0);
            slot = leaf.Steps[i].IsList ? level : slot;
        }

        return slot;
    }
}

/// <summary>A decoded leaf: its levels, and its Arrow array, one row per slot of the innermost list (or per table row).</summary>
internal sealed record LeafColumn(LeafEntries Entries, ArrayData Values);

/// <summary>From decoded leaves to nested Arrow arrays (Dremel assembly; parquet-format README, "Nested Encoding").</summary>
internal static class LeafColumns
{
    /// <summary>Builds a column from its leaves; <paramref name="next"/> is the first leaf not used yet.</summary>
    public static ArrayData Assemble(Field field, LeafColumn[] leaves, ref int next) => Assemble(field.DataType, leaves, ref next, 0);

    public static ArrayData Fixed<T>(LeafEntries entries, T[] values)
        where T : unmanaged
    {
        var slots = new Slots(entries);
        var placed = new T[slots.Count];
        for (int slot = 0, value = 0; slot < slots.Count; slot++)
        {
            if (slots.IsPresent(slot))
            {
                placed[slot] = values[value++];
            }
        }

        return slots.Build([new ArrowBuffer(MemoryMarshal.AsBytes(placed.AsSpan()).ToArray())]);
    }

    public static ArrayData Booleans(LeafEntries entries, bool[] values)
    {
        var slots = new Slots(entries);
        var bits = new byte[(slots.Count + 7) / 8];
        for (int slot = 0, value = 0; slot < slots.Count; slot++)
        {
            if (slots.IsPresent(slot) && values[value++])
            {
                bits[slot >> 3] |= (byte)(1 << (slot & 7));
            }
        }

        return slots.Build([new ArrowBuffer(bits)]);
    }

    public static ArrayData Variable(LeafEntries entries, ReadOnlyMemory<byte>[] values)
    {
        var slots = new Slots(entries);
        long total = 0;
        for (var value = 0; value < slots.PresentCount; value++)
        {
            total += values[value].Length;
        }

        var offsets = new int[slots.Count + 1];
        var bytes = new byte[checked((int)total)];
        var at = 0;
        for (int slot = 0, value = 0; slot < slots.Count; slot++)
        {
            if (slots.IsPresent(slot))
            {
                values[value].Span.CopyTo(bytes.AsSpan(at));
                at += values[value++].Length;
            }

            offsets[slot + 1] = at;
        }

        return slots.Build([new ArrowBuffer(MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray()), new ArrowBuffer(bytes)]);
    }

    private static ArrayData Assemble(IArrowType type, LeafColumn[] leaves, ref int next, int step)
    {
        switch (type)
        {
            case ListType list:
                var entries = leaves[next].Entries;
                var items = Assemble(list.ValueDataType, leaves, ref next, step + 1);
                return List(list, entries, step, items);
            case StructType @struct:
                var first = leaves[next].Entries;
                var children = new ArrayData[@struct.Fields.Count];
                for (var i = 0; i < children.Length; i++)
                {
                    children[i] = Assemble(@struct.Fields[i].DataType, leaves, ref next, step + 1);
                }

                var (length, validity, nulls) = Presence(first, step);
                return new ArrayData(@struct, length, nulls, 0, [validity], children);
            default:
                return leaves[next++].Values;
        }
    }

    private static ArrayData List(ListType type, LeafEntries entries, int step, ArrayData items)
    {
        var (length, validity, nulls) = Presence(entries, step);
        var slotLevel = LeafEntries.SlotLevelOf(entries.Leaf, step);
        var itemLevel = LeafEntries.SlotLevelOf(entries.Leaf, step + 1);
        var depth = DepthBefore(entries.Leaf, step);
        var offsets = new int[length + 1];
        var slot = -1;
        var count = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var repetition = entries.RepetitionAt(i);
            if (repetition <= depth && entries.DefinitionAt(i) >= slotLevel)
            {
                slot++;
            }

            if (repetition <= depth + 1 && entries.DefinitionAt(i) >= itemLevel)
            {
                count++;
            }

            if (slot >= 0)
            {
                offsets[slot + 1] = count;
            }
        }

        return new ArrayData(type, length, nulls, 0, [validity, new ArrowBuffer(MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray())], [items]);
    }

    /// <summary>The rows of the list or struct at a step, and which of them are not null.</summary>
    private static (int Length, ArrowBuffer Validity, int Nulls) Presence(LeafEntries entries, int step)
    {
        var leaf = entries.Leaf;
        var slotLevel = LeafEntries.SlotLevelOf(leaf, step);
        var depth = DepthBefore(leaf, step);
        var presentLevel = 0;
        for (var i = 0; i < step; i++)
        {
            presentLevel += (leaf.Steps[i].IsOptional ? 1 : 0) + (leaf.Steps[i].IsList ? 1 : 0);
        }

        presentLevel += leaf.Steps[step].IsOptional ? 1 : 0;
        var bits = new byte[(entries.Count + 7) / 8];
        var length = 0;
        var nulls = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries.RepetitionAt(i) > depth || entries.DefinitionAt(i) < slotLevel)
            {
                continue;
            }

            if (entries.DefinitionAt(i) >= presentLevel)
            {
                bits[length >> 3] |= (byte)(1 << (length & 7));
            }
            else
            {
                nulls++;
            }

            length++;
        }

        return (length, nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(bits.AsMemory(0, (length + 7) / 8)), nulls);
    }

    private static int DepthBefore(ParquetLeaf leaf, int step)
    {
        var depth = 0;
        for (var i = 0; i < step; i++)
        {
            depth += leaf.Steps[i].IsList ? 1 : 0;
        }

        return depth;
    }

    /// <summary>The rows of a leaf's array: entries that its innermost list has an item for.</summary>
    private sealed class Slots
    {
        private readonly LeafEntries _entries;
        private readonly byte[] _validity;

        public Slots(LeafEntries entries)
        {
            _entries = entries;
            _validity = new byte[(entries.Count + 7) / 8];
            for (var i = 0; i < entries.Count; i++)
            {
                if (entries.DefinitionAt(i) < entries.SlotLevel)
                {
                    continue;
                }

                if (entries.DefinitionAt(i) == entries.Leaf.DefinitionMax)
                {
                    _validity[Count >> 3] |= (byte)(1 << (Count & 7));
                    PresentCount++;
                }

                Count++;
            }
        }

        public int Count { get; }

        public int PresentCount { get; }

        public bool IsPresent(int slot) => ColumnGather.IsSet(_validity, slot);

        public ArrayData Build(ArrowBuffer[] values)
        {
            var nulls = Count - PresentCount;
            var validity = nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(_validity.AsMemory(0, (Count + 7) / 8));
            return new ArrayData(_entries.Leaf.Field.DataType, Count, nulls, 0, [validity, .. values]);
        }
    }
}
