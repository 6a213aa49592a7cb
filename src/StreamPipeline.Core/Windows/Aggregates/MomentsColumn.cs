using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>Count, exact sum and exact sum of squares of integers or doubles.</summary>
internal sealed class MomentsColumn : AggregateColumn
{
    private ExactSum[] _sums = [];

    /// <summary>What is not in the sums yet.</summary>
    private NearSum[] _near = [];
    private ExactSum[] _squares = [];
    private long[] _counts = [];

    public ref readonly ExactSum Sum(int slot) => ref _sums[slot];

    public ref readonly ExactSum Squares(int slot) => ref _squares[slot];

    public long Count(int slot) => _counts[slot];

    public override void EnsureSlots(int slots)
    {
        Grow(ref _sums, slots);
        Grow(ref _squares, slots);
        Grow(ref _counts, slots);
    }

    public override void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument)
    {
        if (argument!.Kind == ColumnKind.Number)
        {
            Grow(ref _near, _sums.Length);
            UpdateNumbers(slots, rows, argument.Doubles, argument.Valid);
        }
        else
        {
            UpdateIntegers(slots, rows, argument.Longs, argument.Valid);
        }
    }

    public override void Settle()
    {
        for (var slot = 0; slot < _near.Length; slot++)
        {
            _near[slot].MoveTo(ref _sums[slot]);
        }

        _near = [];
    }

    public override void Merge(ReadOnlySpan<int> slots, AggregateColumn other)
    {
        var added = (MomentsColumn)other;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] >= 0)
            {
                _sums[slots[i]].Add(added._sums[i]);
                _squares[slots[i]].Add(added._squares[i]);
                _counts[slots[i]] += added._counts[i];
            }
        }
    }

    public override void Write(int slot, ByteWriter writer)
    {
        writer.Count(_counts[slot]);
        _sums[slot].Write(writer);
        _squares[slot].Write(writer);
    }

    public override void Read(int slot, ref ByteReader reader)
    {
        _counts[slot] = reader.Count(LogBins.CountMax);
        _sums[slot] = ExactSum.Read(ref reader);
        _squares[slot] = ExactSum.Read(ref reader);
    }

    private void UpdateNumbers(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ReadOnlySpan<double> values, bool[]? valid)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            var row = rows[i];
            if ((valid is null || valid[row]) && double.IsFinite(values[row]))
            {
                _near[slots[i]].Add(values[row], ref _sums[slots[i]]);
                _squares[slots[i]].AddSquare(values[row]);
                _counts[slots[i]]++;
            }
        }
    }

    private void UpdateIntegers(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ReadOnlySpan<long> values, bool[]? valid)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            var row = rows[i];
            if (valid is null || valid[row])
            {
                _sums[slots[i]].Add(values[row]);
                _squares[slots[i]].AddSquare(values[row]);
                _counts[slots[i]]++;
            }
        }
    }
}
