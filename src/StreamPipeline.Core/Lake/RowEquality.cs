using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <summary>Compares rows of flat columns value by value, doubles by their bits: what two computations of the same aggregate must agree on.</summary>
internal static class RowEquality
{
    /// <summary>Whether rows <paramref name="leftRows"/> of one batch equal rows <paramref name="rightRows"/> of the other, in order.</summary>
    /// <exception cref="NotSupportedException">A column is nested; gold has none.</exception>
    public static bool Same(RecordBatch left, ReadOnlySpan<int> leftRows, RecordBatch right, ReadOnlySpan<int> rightRows)
    {
        if (leftRows.Length != rightRows.Length || !RecordBatches.SameSchema(left.Schema, right.Schema))
        {
            return false;
        }

        for (var column = 0; column < left.ColumnCount; column++)
        {
            for (var i = 0; i < leftRows.Length; i++)
            {
                if (!Same(left.Column(column), leftRows[i], right.Column(column), rightRows[i]))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Same(IArrowArray left, int leftRow, IArrowArray right, int rightRow)
    {
        if (left.IsNull(leftRow) || right.IsNull(rightRow))
        {
            return left.IsNull(leftRow) && right.IsNull(rightRow);
        }

        return (left, right) switch
        {
            (BooleanArray l, BooleanArray r) => l.GetValue(leftRow) == r.GetValue(rightRow),
            (BinaryArray l, BinaryArray r) => l.GetBytes(leftRow).SequenceEqual(r.GetBytes(rightRow)),
            _ => Fixed(left.Data, leftRow).SequenceEqual(Fixed(right.Data, rightRow)),
        };
    }

    private static ReadOnlySpan<byte> Fixed(ArrayData data, int row) => data.DataType is FixedWidthType { BitWidth: >= 8 } type
        ? data.Buffers[1].Span.Slice((data.Offset + row) * (type.BitWidth / 8), type.BitWidth / 8)
        : throw new NotSupportedException($"rows with a column of type {data.DataType.Name} are not compared");
}
