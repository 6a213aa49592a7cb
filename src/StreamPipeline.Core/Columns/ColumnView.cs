using Apache.Arrow;

namespace StreamPipeline.Core.Columns;

/// <summary>The values of one scalar column of one batch. Valid as long as the batch is.</summary>
internal sealed class ColumnView(ColumnKind kind, IArrowArray array, byte[]? valid)
{
    public ColumnKind Kind => kind;

    /// <summary>One byte per row, 0 for null; null when no row is null. Nulls of the structs around the column are included.</summary>
    public byte[]? Valid => valid;

    /// <summary>Integers, or timestamps in microseconds since the epoch. What null rows hold is undefined.</summary>
    public ReadOnlySpan<long> Longs =>
        array is Int64Array integers ? integers.Values : ((TimestampArray)array).Values;

    public ReadOnlySpan<double> Doubles => ((DoubleArray)array).Values;

    /// <summary>Days since the epoch.</summary>
    public ReadOnlySpan<int> Days => ((Date32Array)array).Values;

    public bool IsNull(int row) => valid is not null && valid[row] == 0;

    public bool Boolean(int row)
    {
        var bits = (BooleanArray)array;
        return BitUtility.GetBit(bits.ValueBuffer.Span, bits.Offset + row);
    }

    public ReadOnlySpan<byte> Utf8(int row) => ((StringArray)array).GetBytes(row);

    /// <summary>Takes the nulls of one more array into account; allocates only when there are some.</summary>
    public static byte[]? MergeValidity(byte[]? valid, IArrowArray array)
    {
        if (array.NullCount == 0)
        {
            return valid;
        }

        var bits = array.Data.Buffers[0].Span;
        var offset = array.Data.Offset;
        var fresh = valid is null;
        valid ??= new byte[array.Length];
        for (var row = 0; row < valid.Length; row++)
        {
            var set = BitUtility.GetBit(bits, offset + row);
            valid[row] = set && (fresh || valid[row] != 0) ? (byte)1 : (byte)0;
        }

        return valid;
    }
}
