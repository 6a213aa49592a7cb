using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>Smallest or largest integer, double, timestamp or date.</summary>
internal sealed class ExtremeColumn(bool largest) : AggregateColumn
{
    /// <summary>Values in an order-preserving form; for the smallest inverted, so that larger always wins.</summary>
    private long[] _values = [];
    private bool[] _present = [];

    /// <summary>The values are dates, integers or timestamps.</summary>
    public long? Long(int slot) => _present[slot] ? Direct(_values[slot]) : null;

    /// <summary>The values are doubles.</summary>
    public double? Double(int slot) =>
        _present[slot] ? BitConverter.Int64BitsToDouble(Sortable(Direct(_values[slot]))) : null;

    public override void EnsureSlots(int slots)
    {
        Grow(ref _values, slots);
        Grow(ref _present, slots);
    }

    public override void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument)
    {
        switch (argument!.Kind)
        {
            case ColumnKind.Number:
                UpdateNumbers(slots, rows, argument.Doubles, argument.Valid);
                break;
            case ColumnKind.Date:
                UpdateDays(slots, rows, argument.Days, argument.Valid);
                break;
            default:
                UpdateLongs(slots, rows, argument.Longs, argument.Valid);
                break;
        }
    }

    public override void Merge(ReadOnlySpan<int> slots, AggregateColumn other)
    {
        var added = (ExtremeColumn)other;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] >= 0 && added._present[i])
            {
                Raise(slots[i], added._values[i]);
            }
        }
    }

    public override void Write(int slot, ByteWriter writer)
    {
        writer.Byte(_present[slot] ? (byte)1 : (byte)0);
        if (_present[slot])
        {
            writer.Int64(_values[slot]);
        }
    }

    public override void Read(int slot, ref ByteReader reader)
    {
        _present[slot] = reader.Count(1) == 1;
        _values[slot] = _present[slot] ? reader.Int64() : 0;
    }

    private void UpdateLongs(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ReadOnlySpan<long> values, bool[]? valid)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            if (valid is null || valid[rows[i]])
            {
                Raise(slots[i], Direct(values[rows[i]]));
            }
        }
    }

    private void UpdateDays(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ReadOnlySpan<int> values, bool[]? valid)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            if (valid is null || valid[rows[i]])
            {
                Raise(slots[i], Direct(values[rows[i]]));
            }
        }
    }

    private void UpdateNumbers(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ReadOnlySpan<double> values, bool[]? valid)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            var row = rows[i];
            var value = values[row];
            if ((valid is null || valid[row]) && double.IsFinite(value))
            {
                Raise(slots[i], Direct(Sortable(BitConverter.DoubleToInt64Bits(value))));
            }
        }
    }

    private void Raise(int slot, long value)
    {
        if (!_present[slot] || value > _values[slot])
        {
            _present[slot] = true;
            _values[slot] = value;
        }
    }

    private long Direct(long value) => largest ? value : ~value;

    /// <summary>Bits of doubles in their total order, −0 below +0; its own inverse.</summary>
    private static long Sortable(long bits) => bits ^ ((bits >> 63) & long.MaxValue);
}
