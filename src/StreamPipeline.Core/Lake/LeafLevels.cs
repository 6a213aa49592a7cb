using System.Buffers;
using Apache.Arrow;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Definition and repetition levels of one leaf, gathered over the pieces of a row group (Dremel shredding; parquet-format
/// README, "Nested Encoding"). As long as nothing is null and nothing is a list there is only a count. Otherwise it works a level at a time: every
/// entry is either ended (null or empty above) or points to a row of the current array. Used for one leaf after the other; owner: the file's writer.
/// </summary>
internal sealed class LeafLevels : IDisposable
{
    private const int Ended = -1;

    private int[] _definition = ArrayPool<int>.Shared.Rent(1024);
    private int[] _repetition = ArrayPool<int>.Shared.Rent(1024);
    private int[] _rows = ArrayPool<int>.Shared.Rent(1024);
    private ParquetLeaf _leaf = null!;

    // No entry is null and none is in a list: the arrays are not filled.
    private bool _isDense;

    /// <summary>Entries so far: values and nulls.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets the leaf before.</summary>
    public void Begin(ParquetLeaf leaf)
    {
        _leaf = leaf;
        _isDense = leaf.RepetitionMax == 0;
        Count = 0;
    }

    /// <summary>Appends rows of a column when all of them have a value.</summary>
    /// <param name="column">The table's column.</param>
    /// <param name="from">First row of it.</param>
    /// <param name="count">Rows.</param>
    /// <param name="first">The first value's row in the leaf's array; the others follow.</param>
    public bool TryAppendDense(ArrayData column, int from, int count, out int first)
    {
        first = from;
        if (!_isDense || _leaf.RepetitionMax > 0)
        {
            return false;
        }

        foreach (var step in _leaf.Steps)
        {
            // A sliced struct keeps its children whole, so its offset counts in theirs.
            first += column.Offset;
            if (!ValidityBits.AreSet(column.Buffers[0].Span, first, count))
            {
                return false;
            }

            column = column.Children[step.Child];
        }

        if (!ValidityBits.AreSet(column.Buffers[0].Span, column.Offset + first, count))
        {
            return false;
        }

        Count = checked(Count + count);
        return true;
    }

    /// <summary>Appends rows of a column and returns which rows of its leaf array hold a value; valid until the next call.</summary>
    public ReadOnlySpan<int> Append(ArrayData column, int from, int count)
    {
        Spell();
        var entries = new Entries(Count, count);
        Reserve(Count + count);
        for (var i = 0; i < count; i++)
        {
            _rows[i] = from + i;
        }

        _definition.AsSpan(Count, count).Clear();
        _repetition.AsSpan(Count, count).Clear();
        var depth = 0;
        foreach (var step in _leaf.Steps)
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

        Count = entries.Start + entries.Count;
        return Present(column, entries);
    }

    /// <summary>How many entries, and values among them, the next rows have; a row's items stay together.</summary>
    public (int Entries, int Values) NextPage(int entry, int rowsMax)
    {
        if (_leaf.RepetitionMax == 0)
        {
            var count = Math.Min(rowsMax, Count - entry);
            return (count, ValuesIn(entry, count));
        }

        var end = entry + 1;
        for (var rows = 1; end < Count && (rows += _repetition[end] == 0 ? 1 : 0) <= rowsMax;)
        {
            end++;
        }

        end = Math.Min(end, Count);
        return (end - entry, ValuesIn(entry, end - entry));
    }

    /// <summary>Table rows that begin with one of these entries.</summary>
    public int RowsIn(int entry, int count) => _leaf.RepetitionMax == 0 ? count : _repetition.AsSpan(entry, count).Count(0);

    /// <summary>Appends the levels of a page as version 1 has them: repetition, definition, each with its length in four bytes; none for a maximum of 0.</summary>
    public void Write(int entry, int count, PooledBytes output)
    {
        if (_leaf.RepetitionMax > 0)
        {
            Write(_repetition.AsSpan(entry, count), _leaf.RepetitionMax, output);
        }

        if (_leaf.DefinitionMax > 0)
        {
            Write(_isDense ? default : _definition.AsSpan(entry, count), _leaf.DefinitionMax, output, count);
        }
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_definition);
        ArrayPool<int>.Shared.Return(_repetition);
        ArrayPool<int>.Shared.Return(_rows);
        _definition = _repetition = _rows = [];
    }

    private static void Write(ReadOnlySpan<int> levels, int max, PooledBytes output, int runOfMax = 0)
    {
        const int LengthBytes = sizeof(int);
        output.GetSpan(LengthBytes);
        output.Advance(LengthBytes);
        var start = output.WrittenCount;
        var width = RleBitPacked.WidthOf(max);
        if (levels.IsEmpty && runOfMax > 0)
        {
            RleBitPacked.WriteRun(max, runOfMax, width, output);
        }
        else
        {
            RleBitPacked.Write(levels, width, output);
        }

        output.PatchInt32(start - LengthBytes, output.WrittenCount - start);
    }

    private int ValuesIn(int entry, int count) => _isDense ? count : _definition.AsSpan(entry, count).Count(_leaf.DefinitionMax);

    /// <summary>Fills in the levels that were only counted.</summary>
    private void Spell()
    {
        if (_isDense)
        {
            Reserve(Count);
            _definition.AsSpan(0, Count).Fill(_leaf.DefinitionMax);
            _repetition.AsSpan(0, Count).Clear();
            _isDense = false;
        }
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
        if (_leaf.IsOptional && !validity.IsEmpty)
        {
            // Without a branch for each null: there is no telling where they are.
            var rows = _rows.AsSpan(0, entries.Count);
            var levels = _definition.AsSpan(entries.Start, entries.Count);
            for (var i = 0; i < rows.Length; i++)
            {
                var row = rows[i];
                var one = row == Ended ? 0 : (validity[(data.Offset + row) >> 3] >> ((data.Offset + row) & 7)) & 1;
                levels[i] += one;
                rows[present] = row;
                present += one;
            }

            return rows[..present];
        }

        for (var i = 0; i < entries.Count; i++)
        {
            var row = _rows[i];
            if (row == Ended)
            {
                continue;
            }

            if (validity.IsEmpty || ColumnGather.IsSet(validity, data.Offset + row))
            {
                _definition[entries.Start + i] += _leaf.IsOptional ? 1 : 0;
                _rows[present++] = row;
            }
            else if (!_leaf.IsOptional)
            {
                throw new InvalidOperationException($"column '{string.Join('.', _leaf.Path)}' is declared without nulls and row {row} is null");
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
