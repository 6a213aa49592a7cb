using System.Buffers;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <summary>Numbers, dates and timestamps: values of a fixed number of bytes.</summary>
internal sealed class FixedGather(FixedWidthType type, int rows) : ColumnGather(type)
{
    private readonly int _width = type.BitWidth / 8;
    private byte[] _values = new byte[checked(rows * (type.BitWidth / 8))];

    public override ArrayData Build() => BuildWith([default, new ArrowBuffer(_values.AsMemory(0, Length * _width))]);

    protected override void AppendNullValue() => Reserve(ref _values, ((long)Length + 1) * _width);

    protected override void AppendValues(ArrayData source, ReadOnlySpan<int> rows)
    {
        Reserve(ref _values, ((long)Length + rows.Length) * _width);
        var from = source.Buffers[1].Span[(source.Offset * _width)..];
        var to = _values.AsSpan(Length * _width, rows.Length * _width);
        if (_width == 8)
        {
            Move(MemoryMarshal.Cast<byte, long>(from), MemoryMarshal.Cast<byte, long>(to), rows);
        }
        else if (_width == 4)
        {
            Move(MemoryMarshal.Cast<byte, int>(from), MemoryMarshal.Cast<byte, int>(to), rows);
        }
        else
        {
            for (var i = 0; i < rows.Length; i++)
            {
                from.Slice(rows[i] * _width, _width).CopyTo(to[(i * _width)..]);
            }
        }
    }

    private static void Move<T>(ReadOnlySpan<T> from, Span<T> to, ReadOnlySpan<int> rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            to[i] = from[rows[i]];
        }
    }
}

internal sealed class BooleanGather(IArrowType type, int rows) : ColumnGather(type)
{
    private byte[] _bits = new byte[(rows + 7) / 8];

    public override ArrayData Build() => BuildWith([default, new ArrowBuffer(_bits.AsMemory(0, (Length + 7) / 8))]);

    protected override void AppendNullValue() => Reserve(ref _bits, (Length / 8) + 1);

    protected override void AppendValues(ArrayData source, ReadOnlySpan<int> rows)
    {
        Reserve(ref _bits, (Length + rows.Length + 7) / 8);
        var from = source.Buffers[1].Span;
        var bits = _bits;
        var at = Length;
        foreach (var row in rows)
        {
            if (IsSet(from, source.Offset + row))
            {
                bits[at >> 3] |= (byte)(1 << (at & 7));
            }

            at++;
        }
    }
}

/// <summary>utf8 and binary.</summary>
internal sealed class VariableGather(IArrowType type, int rows) : ColumnGather(type)
{
    private int[] _offsets = new int[rows + 1];
    private byte[] _bytes = [];

    public override ArrayData Build() => BuildWith(
    [
        default,
        new ArrowBuffer(MemoryMarshal.AsBytes(_offsets.AsSpan(0, Length + 1)).ToArray()),
        new ArrowBuffer(_bytes.AsMemory(0, _offsets[Length])),
    ]);

    protected override void AppendNullValue()
    {
        Reserve(ref _offsets, Length + 2L);
        _offsets[Length + 1] = _offsets[Length];
    }

    protected override void AppendValues(ArrayData source, ReadOnlySpan<int> rows)
    {
        if (rows.IsEmpty)
        {
            return;
        }

        var from = Offsets(source)[source.Offset..];
        long total = _offsets[Length];
        foreach (var row in rows)
        {
            total += from[row + 1] - from[row];
        }

        Reserve(ref _offsets, (long)Length + rows.Length + 1);
        Reserve(ref _bytes, total);
        var bytes = source.Buffers[2].Span;
        var at = _offsets[Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var start = from[rows[i]];
            var length = from[rows[i] + 1] - start;
            bytes.Slice(start, length).CopyTo(_bytes.AsSpan(at));
            at += length;
            _offsets[Length + i + 1] = at;
        }
    }
}

internal sealed class ListGather(ListType type, int rows, ColumnGather items) : ColumnGather(type)
{
    private int[] _offsets = new int[rows + 1];

    public override ArrayData Build() => BuildWith(
        [default, new ArrowBuffer(MemoryMarshal.AsBytes(_offsets.AsSpan(0, Length + 1)).ToArray())], [items.Build()]);

    protected override void AppendNullValue()
    {
        Reserve(ref _offsets, Length + 2L);
        _offsets[Length + 1] = _offsets[Length];
    }

    protected override void AppendValues(ArrayData source, ReadOnlySpan<int> rows)
    {
        if (rows.IsEmpty)
        {
            return;
        }

        var from = Offsets(source)[source.Offset..];
        Reserve(ref _offsets, (long)Length + rows.Length + 1);
        var at = _offsets[Length];
        var first = at;
        for (var i = 0; i < rows.Length; i++)
        {
            at = checked(at + from[rows[i] + 1] - from[rows[i]]);
            _offsets[Length + i + 1] = at;
        }

        var itemRows = ArrayPool<int>.Shared.Rent(at - first);
        var count = 0;
        foreach (var row in rows)
        {
            for (var item = from[row]; item < from[row + 1]; item++)
            {
                itemRows[count++] = item;
            }
        }

        items.Append(source.Children[0], itemRows.AsSpan(0, count));
        ArrayPool<int>.Shared.Return(itemRows);
    }
}

internal sealed class StructGather(StructType type, ColumnGather[] children) : ColumnGather(type)
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

    protected override void AppendValues(ArrayData source, ReadOnlySpan<int> rows)
    {
        if (source.Offset == 0)
        {
            AppendChildren(source, rows);
            return;
        }

        // A sliced struct keeps its children whole (Arrow columnar format, struct layout), so its offset counts in theirs.
        var shifted = ArrayPool<int>.Shared.Rent(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            shifted[i] = source.Offset + rows[i];
        }

        AppendChildren(source, shifted.AsSpan(0, rows.Length));
        ArrayPool<int>.Shared.Return(shifted);
    }

    private void AppendChildren(ArrayData source, ReadOnlySpan<int> rows)
    {
        for (var i = 0; i < children.Length; i++)
        {
            children[i].Append(source.Children[i], rows);
        }
    }
}
