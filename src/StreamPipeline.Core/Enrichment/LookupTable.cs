using System.Buffers;
using System.IO.Hashing;
using System.Numerics;
using Apache.Arrow;

namespace StreamPipeline.Core.Enrichment;

/// <summary>
/// Finds the first row of a reference by its key columns. Keys are compared as text, byte by byte; a row with a null in a key column is
/// never found. Does not change once built, so that lanes share it.
/// </summary>
internal sealed class LookupTable
{
    // Open addressing with linear probing, at most half full: 0 is free, n is entry n - 1.
    private readonly int[] _slots;
    private readonly List<Entry> _entries;
    private readonly ArrayBufferWriter<byte> _keys = new();

    public LookupTable(RecordBatch reference, int[] keyColumns)
    {
        Reference = reference;
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, reference.Length * 2))];
        _entries = new List<Entry>(reference.Length);
        var columns = System.Array.ConvertAll(keyColumns, reference.Column);
        var key = new ArrayBufferWriter<byte>();
        for (var row = 0; row < reference.Length; row++)
        {
            if (ColumnPath.IsNull(columns, row))
            {
                continue;
            }

            key.ResetWrittenCount();
            foreach (var column in columns)
            {
                KeyText.Append(column, row, key);
            }

            Add(key.WrittenSpan, row);
        }
    }

    public RecordBatch Reference { get; }

    /// <summary>Rows whose key an earlier row has: they are never found.</summary>
    public int DuplicateKeys { get; private set; }

    /// <summary>Row of the reference, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        var slot = _slots[FindSlot(key, Hash(key))];
        return slot == 0 ? -1 : _entries[slot - 1].Row;
    }

    private void Add(ReadOnlySpan<byte> key, int row)
    {
        var hash = Hash(key);
        ref var slot = ref _slots[FindSlot(key, hash)];
        if (slot != 0)
        {
            DuplicateKeys++;
            return;
        }

        _entries.Add(new Entry(hash, row, _keys.WrittenCount, key.Length));
        _keys.Write(key);
        slot = _entries.Count;
    }

    private int FindSlot(ReadOnlySpan<byte> key, uint hash)
    {
        var mask = _slots.Length - 1;
        var keys = _keys.WrittenSpan;
        var index = (int)hash & mask;
        for (; _slots[index] != 0; index = (index + 1) & mask)
        {
            var entry = _entries[_slots[index] - 1];
            if (entry.Hash == hash && keys.Slice(entry.KeyStart, entry.KeyLength).SequenceEqual(key))
            {
                break;
            }
        }

        return index;
    }

    private static uint Hash(ReadOnlySpan<byte> key) => (uint)XxHash3.HashToUInt64(key);

    private readonly record struct Entry(uint Hash, int Row, int KeyStart, int KeyLength);
}
