using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>Exact sum and count of doubles.</summary>
internal sealed class NumberSumColumn : AggregateColumn
{
    private ExactSum[] _sums = [];

    /// <summary>What is not in the sums yet.</summary>
    private NearSum[] _near = [];
    private long[] _counts = [];

    public ref readonly ExactSum Sum(int slot) => ref _sums[slot];

    public long Count(int slot) => _counts[slot];

    public override void EnsureSlots(int slots)
    {
        Grow(ref _sums, slots);
        Grow(ref _counts, slots);
    }

    public override void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument)
    {
        Grow(ref _near, _sums.Length);
        var (near, sums, counts) = (_near, _sums, _counts);
        var values = argument!.Doubles;
        var valid = argument.Valid;
        for (var i = 0; i < slots.Length; i++)
        {
            var (row, slot) = (rows[i], slots[i]);
            var value = values[row];
            if ((valid is null || valid[row]) && double.IsFinite(value))
            {
                near[slot].Add(value, ref sums[slot]);
                counts[slot]++;
            }
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
        var added = (NumberSumColumn)other;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] >= 0)
            {
                _sums[slots[i]].Add(added._sums[i]);
                _counts[slots[i]] += added._counts[i];
            }
        }
    }

    public override void Write(int slot, ByteWriter writer)
    {
        writer.Count(_counts[slot]);
        _sums[slot].Write(writer);
    }

    public override void Read(int slot, ref ByteReader reader)
    {
        _counts[slot] = reader.Count(LogBins.CountMax);
        _sums[slot] = ExactSum.Read(ref reader);
    }
}
