using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>Rows, or with an argument its non-null values.</summary>
internal sealed class CountColumn : AggregateColumn
{
    private long[] _counts = [];

    public long Count(int slot) => _counts[slot];

    public override void EnsureSlots(int slots) => Grow(ref _counts, slots);

    public override void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument)
    {
        var counts = _counts;
        if (argument?.Valid is not { } valid)
        {
            foreach (var slot in slots)
            {
                counts[slot]++;
            }

            return;
        }

        for (var i = 0; i < slots.Length; i++)
        {
            counts[slots[i]] += valid[rows[i]] ? 1 : 0;
        }
    }

    public override void Merge(ReadOnlySpan<int> slots, AggregateColumn other)
    {
        var added = ((CountColumn)other)._counts;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] >= 0)
            {
                _counts[slots[i]] += added[i];
            }
        }
    }

    public override void Write(int slot, ByteWriter writer) => writer.Count(_counts[slot]);

    public override void Read(int slot, ref ByteReader reader) => _counts[slot] = reader.Count(LogBins.CountMax);
}
