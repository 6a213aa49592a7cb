using System.IO.Hashing;
using System.Runtime.InteropServices;
using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>Distinct values of any scalar, estimated.</summary>
internal sealed class DistinctColumn : AggregateColumn
{
    private DistinctSketch?[] _sketches = [];

    public long Estimate(int slot) => _sketches[slot]?.Estimate() ?? 0;

    public override void EnsureSlots(int slots) => Grow(ref _sketches, slots);

    public override void Update(ReadOnlySpan<int> slots, ReadOnlySpan<int> rows, ColumnView? argument)
    {
        var column = argument!;
        for (var i = 0; i < slots.Length; i++)
        {
            var row = rows[i];
            if (!column.IsNull(row))
            {
                var hash = column.Kind switch
                {
                    ColumnKind.Text => XxHash3.HashToUInt64(column.Texts[row]),
                    ColumnKind.Number => Hash(BitConverter.DoubleToInt64Bits(column.Doubles[row] + 0.0)), // −0 + 0 is 0
                    ColumnKind.Date => Hash(column.Days[row]),
                    ColumnKind.Boolean => Hash(column.Bits[row] ? 1 : 0),
                    _ => Hash(column.Longs[row]),
                };
                (_sketches[slots[i]] ??= new DistinctSketch()).Add(hash);
            }
        }
    }

    public override void Merge(ReadOnlySpan<int> slots, AggregateColumn other)
    {
        var added = ((DistinctColumn)other)._sketches;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] >= 0 && added[i] is { } sketch)
            {
                (_sketches[slots[i]] ??= new DistinctSketch()).Add(sketch);
            }
        }
    }

    public override void Write(int slot, ByteWriter writer)
    {
        if (_sketches[slot] is { } sketch)
        {
            sketch.Write(writer);
        }
        else
        {
            writer.Count(0);
        }
    }

    public override void Read(int slot, ref ByteReader reader) => _sketches[slot] = DistinctSketch.Read(ref reader);

    private static ulong Hash(long value) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value)));
}
