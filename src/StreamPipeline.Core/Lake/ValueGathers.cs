using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Lake;

/// <summary>Numbers, dates and timestamps: values of a fixed number of bytes.</summary>
internal sealed class FixedGather : ColumnGather
{
    private readonly int _width;
    private byte[] _values;

    public FixedGather(FixedWidthType type, int rows, ColumnBuffers? memory)
        : base(type, memory)
    {
        _width = type.BitWidth / 8;
        _values = Bytes((long)rows * _width);
    }

    public override ArrayData Build() => BuildWith([default, new ArrowBuffer(_values.AsMemory(0, Length * _width))]);

    protected override void AppendNullValue()
    {
        Reserve(ref _values, (long)Length * _width, _width);
        _values.AsSpan(Length * _width, _width).Clear();
    }

    protected override void AppendValues(ArrayData source, ReadOnlySpan<RowRun> runs, int rows)
    {
        Reserve(ref _values, (long)Length * _width, (long)rows * _width);
        var from = source.Buffers[1].Span[(source.Offset * _width)..];
        var to = _values.AsSpan(Length * _width, rows * _width);
        if (_width == sizeof(long))
        {
            Move(MemoryMarshal.Cast<byte, long>(from), MemoryMarshal.Cast<byte, long>(to), runs, 1);
        }
        else
        {
            Move(from, to, runs, _width);
        }
    }

    private static void Move<T>(ReadOnlySpan<T> from, Span<T> to, ReadOnlySpan<RowRun> runs, int width)
    {
        var at = 0;
        foreach (var run in runs)
        {
            var length = run.Count * width;
            if (length == 1)
            {
                to[at] = from[run.Start * width];
            }
            else
            {
                from.Slice(run.Start * width, length).CopyTo(to[at..]);
            }

            at += length;
        }
    }
}

internal sealed class BooleanGather : ColumnGather
{
    private byte[] _bits;

    public BooleanGather(IArrowType type, int rows, ColumnBuffers? memory)
        : base(type, memory) => _bits = Bytes((rows + 7L) / 8);

    public override ArrayData Build() => BuildWith([default, new ArrowBuffer(_bits.AsMemory(0, (Length + 7) / 8))]);

    protected override void AppendNullValue() => ReserveBits(ref _bits, Length, 1);

    protected override void AppendValues(ArrayData source, ReadOnlySpan<RowRun> runs, int rows)
    {
        ReserveBits(ref _bits, Length, rows);
        AppendBits(source.Buffers[1].Span, source.Offset, runs, _bits);
    }
}

/// <summary>Where each value of a column starts and ends: one offset more than rows.</summary>
internal abstract class OffsetGather : ColumnGather
{
    private byte[] _offsets;

    protected OffsetGather(IArrowType type, int rows, ColumnBuffers? memory)
        : base(type, memory)
    {
        _offsets = Bytes((rows + 1L) * sizeof(int));
        _offsets.AsSpan(0, sizeof(int)).Clear();
    }

    /// <summary>Where the last value ends.</summary>
    protected int End => Ends[Length];

    protected ArrowBuffer BuiltOffsets => new(_offsets.AsMemory(0, (Length + 1) * sizeof(int)));

    private Span<int> Ends => MemoryMarshal.Cast<byte, int>(_offsets.AsSpan());

    protected override void AppendNullValue()
    {
        ReserveOffsets(1);
        Ends[Length + 1] = Ends[Length];
    }

    /// <summary>Appends the offsets of the runs, moved to follow the last one.</summary>
    protected void AppendOffsets(ReadOnlySpan<int> from, ReadOnlySpan<RowRun> runs, int rows)
    {
        ReserveOffsets(rows);
        var to = Ends.Slice(Length + 1, rows);
        var at = End;
        foreach (var run in runs)
        {
            var moved = at - from[run.Start];
            Shift(from.Slice(run.Start + 1, run.Count), moved, to);
            at = to[run.Count - 1];
            to = to[run.Count..];
        }
    }

    /// <summary>How many bytes or items the runs have.</summary>
    protected static long Total(ReadOnlySpan<int> from, ReadOnlySpan<RowRun> runs)
    {
        long total = 0;
        foreach (var run in runs)
        {
            total += from[run.Start + run.Count] - from[run.Start];
        }

        return total;
    }

    private static void Shift(ReadOnlySpan<int> from, int moved, Span<int> to)
    {
        var i = 0;
        for (; i <= from.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            (new Vector<int>(from[i..]) + new Vector<int>(moved)).CopyTo(to[i..]);
        }

        for (; i < from.Length; i++)
        {
            to[i] = from[i] + moved;
        }
    }

    private void ReserveOffsets(int rows) => Reserve(ref _offsets, (Length + 1L) * sizeof(int), (long)rows * sizeof(int));
}

/// <summary>utf8 and binary.</summary>
internal sealed class VariableGather(IArrowType type, int rows, ColumnBuffers? memory) : OffsetGather(type, rows, memory)
{
    private byte[] _bytes = [];

    public override ArrayData Build() => BuildWith([default, BuiltOffsets, new ArrowBuffer(_bytes.AsMemory(0, End))]);

    protected override void AppendValues(ArrayData source, ReadOnlySpan<RowRun> runs, int rows)
    {
        var from = Offsets(source)[source.Offset..];
        var at = End;
        Reserve(ref _bytes, at, Total(from, runs));
        AppendOffsets(from, runs, rows);
        var bytes = source.Buffers[2].Span;
        foreach (var run in runs)
        {
            var start = from[run.Start];
            var length = from[run.Start + run.Count] - start;
            bytes.Slice(start, length).CopyTo(_bytes.AsSpan(at));
            at += length;
        }
    }
}

internal sealed class ListGather(ListType type, int rows, ColumnGather items, ColumnBuffers? memory) : OffsetGather(type, rows, memory)
{
    public override ArrayData Build() => BuildWith([default, BuiltOffsets], [items.Build()]);

    protected override void AppendValues(ArrayData source, ReadOnlySpan<RowRun> runs, int rows)
    {
        var from = Offsets(source)[source.Offset..];
        var total = Total(from, runs);
        if (End + total > int.MaxValue)
        {
            throw new InvalidOperationException($"a column would need {End + total:N0} items and Arrow holds at most {int.MaxValue:N0}; fold smaller pieces");
        }

        AppendOffsets(from, runs, rows);
        var itemRuns = ArrayPool<RowRun>.Shared.Rent(runs.Length);
        var count = 0;
        foreach (var run in runs)
        {
            var start = from[run.Start];
            if (from[run.Start + run.Count] > start)
            {
                itemRuns[count++] = new RowRun(start, from[run.Start + run.Count] - start);
            }
        }

        items.Append(source.Children[0], itemRuns.AsSpan(0, count), (int)total);
        ArrayPool<RowRun>.Shared.Return(itemRuns);
    }
}

internal sealed class StructGather(StructType type, ColumnGather[] children, ColumnBuffers? memory) : ColumnGather(type, memory)
{
    public override ArrayData Build()
    {
        var built = new ArrayData[children.Length];
        for (var i = 0; i < built.Length; i++)
        {
            built[i] = children[i].Build();
        }

        return BuildWith([default], built);
    }

    protected override void AppendNullValue()
    {
        foreach (var child in children)
        {
            child.AppendNull();
        }
    }

    protected override void AppendValues(ArrayData source, ReadOnlySpan<RowRun> runs, int rows)
    {
        if (source.Offset == 0)
        {
            AppendChildren(source, runs, rows);
            return;
        }

        // A sliced struct keeps its children whole (Arrow columnar format, struct layout), so its offset counts in theirs.
        var shifted = ArrayPool<RowRun>.Shared.Rent(runs.Length);
        for (var i = 0; i < runs.Length; i++)
        {
            shifted[i] = new RowRun(source.Offset + runs[i].Start, runs[i].Count);
        }

        AppendChildren(source, shifted.AsSpan(0, runs.Length), rows);
        ArrayPool<RowRun>.Shared.Return(shifted);
    }

    private void AppendChildren(ArrayData source, ReadOnlySpan<RowRun> runs, int rows)
    {
        for (var i = 0; i < children.Length; i++)
        {
            children[i].Append(source.Children[i], runs, rows);
        }
    }
}
