using System.Buffers;
using Apache.Arrow;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Definition and repetition levels of one leaf, gathered over the pieces of a row group (Dremel shredding; parquet-format
/// README, "Nested Encoding"). Works a level at a time: every entry is either ended (null or empty above) or points to a
/// row of the current array.
/// </summary>
internal sealed class LeafLevels(ParquetLeaf leaf) : IDisposable
{
    private const int Ended = -1;

    private int[] _definition = ArrayPool<int>.Shared.Rent(1024);
    private int[] _repetition = ArrayPool<int>.Shared.Rent(1024);
    private int[] _rows = ArrayPool<int>.Shared.Rent(1024);
    private int _count;

    // Below, a bare null would turn into an empty memory, by way of a null array.

    /// <summary>Null when the leaf can never be null or absent.</summary>
    public ReadOnlyMemory<int>? Definition => leaf.DefinitionMax > 0 ? _definition.AsMemory(0, _count) : (ReadOnlyMemory<int>?)null;

    /// <summary>Null when the leaf is in no list.</summary>
    public ReadOnlyMemory<int>? Repetition => leaf.RepetitionMax > 0 ? _repetition.AsMemory(0, _count) : (ReadOnlyMemory<int>?)null;

    /// <summary>Appends rows of a column and returns which rows of its leaf array hold a value; valid until the next call.</summary>
    public ReadOnlySpan<int> Append(ArrayData column, int from, int count)
    {
        var entries = new Entries(_count, count);
        Reserve(_count + count);
        for (var i = 0; i < count; i++)
        {
            _rows[i] = from + i;
            _definition[_count + i] = 0;
            _repetition[_count + i] = 0;
        }

        var depth = 0;
        foreach (var step in leaf.Steps)
        {
            if (step.IsList)
            {
                depth++;
                entries = entries with { Count = Unroll(column, entries, depth) };
            }
            else
            {
                Enter(column, entries);
            }

            column = column.Children[step.Child];
        }

        _count = entries.Start + entries.Count;
        return Present(column, entries);
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_definition);
        ArrayPool<int>.Shared.Return(_repetition);
        ArrayPool<int>.Shared.Return(_rows);
        _definition = _repetition = _rows = [];
    }

    /// <summary>A struct: a null ends the entry, a value counts a level and goes on in the child.</summary>
    private void Enter(ArrayData data, Entries entries)
    {
        var validity = data.Buffers[0].Span;
        for (var i = 0; i < entries.Count; i++)
        {
            if (_rows[i] == Ended)
            {
                continue;
            }

            // A sliced struct keeps its children whole, so its offset counts in theirs.
            var row = data.Offset + _rows[i];
            if (validity.IsEmpty || ColumnGather.IsSet(validity, row))
            {
                _definition[entries.Start + i]++;
                _rows[i] = row;
            }
            else
            {
                _rows[i] = Ended;
            }
        }
    }

    /// <summary>A list: each entry becomes one per item, or stays one that ends when the list is null or empty.</summary>
    private int Unroll(ArrayData data, Entries entries, int depth)
    {
        var validity = data.Buffers[0].Span;
        var offsets = data.Length == 0 ? default : ColumnGather.Offsets(data)[data.Offset..];
        long total = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            total += Math.Max(1, ItemsOf(i));
        }

        var definition = ArrayPool<int>.Shared.Rent(checked((int)(entries.Start + total)));
        var repetition = ArrayPool<int>.Shared.Rent(definition.Length);
        var rows = ArrayPool<int>.Shared.Rent((int)total);
        _definition.AsSpan(0, entries.Start).CopyTo(definition);
        _repetition.AsSpan(0, entries.Start).CopyTo(repetition);
        var at = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var above = _definition[entries.Start + i];
            var items = ItemsOf(i);
            for (var item = 0; item < Math.Max(1, items); item++)
            {
                // Null list: the level above. Empty list: one more. An item: two more.
                definition[entries.Start + at] = above + (items > 0 ? 2 : items == 0 ? 1 : 0);
                repetition[entries.Start + at] = item == 0 ? _repetition[entries.Start + i] : depth;
                rows[at] = items > 0 ? offsets[_rows[i]] + item : Ended;
                at++;
            }
        }

        Dispose();
        (_definition, _repetition, _rows) = (definition, repetition, rows);
        return at;

        // -1 for an entry that ended above or a null list.
        int ItemsOf(int entry)
        {
            var row = _rows[entry];
            if (row == Ended || (!data.Buffers[0].IsEmpty && !ColumnGather.IsSet(data.Buffers[0].Span, data.Offset + row)))
            {
                return -1;
            }

            var ends = ColumnGather.Offsets(data)[data.Offset..];
            return ends[row + 1] - ends[row];
        }
    }

    private ReadOnlySpan<int> Present(ArrayData data, Entries entries)
    {
        var validity = data.Buffers[0].Span;
        var present = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var row = _rows[i];
            if (row == Ended)
            {
                continue;
            }

            if (validity.IsEmpty || ColumnGather.IsSet(validity, data.Offset + row))
            {
                _definition[entries.Start + i] += leaf.IsOptional ? 1 : 0;
                _rows[present++] = row;
            }
            else if (!leaf.IsOptional)
            {
                throw new InvalidOperationException($"column '{string.Join('.', leaf.Path)}' is declared without nulls and row {row} is null");
            }
        }

        return _rows.AsSpan(0, present);
    }

    private void Reserve(int length)
    {
        Grow(ref _definition, length);
        Grow(ref _repetition, length);
        Grow(ref _rows, length);
    }

    private static void Grow(ref int[] array, int length)
    {
        if (array.Length >= length)
        {
            return;
        }

        var grown = ArrayPool<int>.Shared.Rent(Math.Max(length, (int)Math.Min(2L * array.Length, System.Array.MaxLength)));
        array.CopyTo(grown, 0);
        ArrayPool<int>.Shared.Return(array);
        array = grown;
    }

    /// <summary>The entries of the piece being appended: where they start among all, and how many there are.</summary>
    private readonly record struct Entries(int Start, int Count);
}
