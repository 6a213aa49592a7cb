using System.Buffers;
using System.IO.Hashing;
using System.Numerics;
using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;
using StreamPipeline.Core.Lake;

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

    // What is added, with one row more than the reference: nulls, for rows that match nothing.
    private readonly IArrowArray[] _added;

    /// <param name="reference">Where to look.</param>
    /// <param name="keyColumns">Indexes of the columns that are matched.</param>
    /// <param name="addedColumns">Indexes of the columns that <see cref="Take"/> gives.</param>
    public LookupTable(RecordBatch reference, int[] keyColumns, int[] addedColumns)
    {
        NullRow = reference.Length;
        _added = System.Array.ConvertAll(addedColumns, column => RecordBatches.WithNullRow(reference.Column(column)));
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, reference.Length * 2))];
        _entries = new List<Entry>(reference.Length);
        var columns = System.Array.ConvertAll(keyColumns, column => ColumnView.Of(reference.Column(column)));
        var key = new ArrayBufferWriter<byte>();
        for (var row = 0; row < reference.Length; row++)
        {
            key.ResetWrittenCount();
            if (KeyText.TryAppend(columns, row, key))
            {
                Add(key.WrittenSpan, row);
            }
        }
    }

    /// <summary>The row that <see cref="Take"/> gives nulls for: what matches nothing.</summary>
    public int NullRow { get; }

    /// <summary>Rows whose key an earlier row has: they are never found.</summary>
    public int DuplicateKeys { get; private set; }

    /// <summary>The added columns of the given rows.</summary>
    /// <param name="rows">Rows of the reference, or <see cref="NullRow"/>.</param>
    /// <param name="memory">Where memory comes from, and whose it then is; null: the garbage collector's.</param>
    public IArrowArray[] Take(ReadOnlySpan<int> rows, ColumnBuffers? memory)
    {
        var taken = new IArrowArray[_added.Length];
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = RecordBatches.Take(_added[i], rows, memory);
        }

        return taken;
    }

    /// <summary>Row of the reference, or <see cref="NullRow"/>.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        var slot = _slots[FindSlot(key, Hash(key))];
        return slot == 0 ? NullRow : _entries[slot - 1].Row;
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
