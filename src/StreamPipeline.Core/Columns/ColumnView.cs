using Apache.Arrow;

namespace StreamPipeline.Core.Columns;

/// <summary>The values of one column of one batch. Valid as long as the batch is.</summary>
internal sealed class ColumnView(ColumnKind kind, IArrowArray array, bool[]? valid)
{
    public ColumnKind Kind => kind;

    /// <summary>Per row, whether the column and all structs around it have a value; null when all do.</summary>
    public bool[]? Valid => valid;

    /// <summary>Integers, or timestamps in microseconds since the epoch. What null rows hold is undefined, here and below.</summary>
    public ReadOnlySpan<long> Longs => ((PrimitiveArray<long>)array).Values;

    public ReadOnlySpan<double> Doubles => ((DoubleArray)array).Values;

    /// <summary>Days since the epoch.</summary>
    public ReadOnlySpan<int> Days => ((Date32Array)array).Values;

    /// <summary>To be looked up once for many rows.</summary>
    public TextColumn Texts => new((StringArray)array);

    /// <summary>To be looked up once for many rows.</summary>
    public BitColumn Bits => new((BooleanArray)array);

    /// <summary>A column at the top of a batch.</summary>
    public static ColumnView Of(IArrowArray array) => new(ColumnKinds.Of(array.Data.DataType), array, MergeValidity(null, array));

    public bool IsNull(int row) => valid is not null && !valid[row];

    /// <summary>Takes the nulls of one more array into account; allocates only when there are some.</summary>
    public static bool[]? MergeValidity(bool[]? valid, IArrowArray array)
    {
        var bits = array.Data.Buffers[0].Span;
        if (array.NullCount == 0 || bits.IsEmpty)
        {
            return valid;
        }

        var offset = array.Data.Offset;
        var merged = valid ?? new bool[array.Length];
        for (var row = 0; row < merged.Length; row++)
        {
            merged[row] = BitUtility.GetBit(bits, offset + row) && (valid is null || valid[row]);
        }

        return merged;
    }
}

/// <summary>The bytes of a utf8 column.</summary>
internal readonly ref struct TextColumn(StringArray array)
{
    private readonly ReadOnlySpan<int> _offsets = array.ValueOffsets;
    private readonly ReadOnlySpan<byte> _bytes = array.ValueBuffer.Span;

    public ReadOnlySpan<byte> this[int row] => _bytes[_offsets[row].._offsets[row + 1]];
}

/// <summary>The values of a boolean column.</summary>
internal readonly ref struct BitColumn(BooleanArray array)
{
    private readonly ReadOnlySpan<byte> _bits = array.ValueBuffer.Span;
    private readonly int _offset = array.Offset;

    public bool this[int row] => BitUtility.GetBit(_bits, _offset + row);
}
