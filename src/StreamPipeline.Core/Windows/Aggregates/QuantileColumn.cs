using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>Quantiles of integers or doubles, within 1 %.</summary>
internal sealed class QuantileColumn : AggregateColumn
{
    private QuantileSketch?[] _sketches = [];

    public double? Quantile(int slot, double quantile) => _sketches[slot]?.Quantile(quantile);

    public override void EnsureSlots(int slots) => Grow(ref _sketches, slots);

    public override void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument)
    {
        var integers = argument!.Kind == ColumnKind.Integer ? argument.Longs : default;
        var numbers = argument.Kind == ColumnKind.Number ? argument.Doubles : default;
        var valid = argument.Valid;
        for (var i = 0; i < slots.Length; i++)
        {
            var row = rows[i];
            if (valid is null || valid[row])
            {
                var value = numbers.IsEmpty ? integers[row] : numbers[row];
                if (double.IsFinite(value))
                {
                    (_sketches[slots[i]] ??= new QuantileSketch()).Add(value);
                }
            }
        }
    }

    public override void Merge(ReadOnlySpan<int> slots, AggregateColumn other)
    {
        var added = ((QuantileColumn)other)._sketches;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] >= 0 && added[i] is { } sketch)
            {
                (_sketches[slots[i]] ??= new QuantileSketch()).Add(sketch);
            }
        }
    }

    public override void Write(int slot, ByteWriter writer) => (_sketches[slot] ?? new QuantileSketch()).Write(writer);

    public override void Read(int slot, ref ByteReader reader) => _sketches[slot] = QuantileSketch.Read(ref reader);
}
