using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>Sum and count of integers. 128 bits hold the sum of 2^63 of them.</summary>
internal sealed class IntegerSumColumn : AggregateColumn
{
    private Int128[] _sums = [];
    private long[] _counts = [];

    public Int128 Sum(int slot) => _sums[slot];

    public long Count(int slot) => _counts[slot];

    public override void EnsureSlots(int slots)
    {
        Grow(ref _sums, slots);
        Grow(ref _counts, slots);
    }

    public override void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument)
    {
        var values = argument!.Longs;
        var valid = argument.Valid;
        for (var i = 0; i < slots.Length; i++)
        {
            var row = rows[i];
            if (valid is null || valid[row])
            {
                _sums[slots[i]] += values[row];
                _counts[slots[i]]++;
            }
        }
    }

    public override void Merge(ReadOnlySpan<int> slots, AggregateColumn other)
    {
        var added = (IntegerSumColumn)other;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] >= 0)
            {
                _sums[slots[i]] += added._sums[i];
                _counts[slots[i]] += added._counts[i];
            }
        }
    }

    public override void Write(int slot, ByteWriter writer)
    {
        writer.Count(_counts[slot]);
        writer.Int128(_sums[slot]);
    }

    public override void Read(int slot, ref ByteReader reader)
    {
        _counts[slot] = reader.Count(LogBins.CountMax);
        _sums[slot] = reader.Int128();
    }
}
