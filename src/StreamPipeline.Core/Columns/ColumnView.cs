using Apache.Arrow;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Columns;

/// <summary>The values of one column of one batch. Valid as long as the batch is.</summary>
internal sealed class ColumnView(ColumnKind kind, IArrowArray array, bool[]? valid)
{
    public ColumnKind Kind => kind;

    /// <summary>Per row, whether the column and all structs around it have a value; null when all do. May be longer than there are rows.</summary>
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

    /// <summary>Takes the nulls of one more array into account; needs memory only when there are some.</summary>
    /// <param name="valid">Of the arrays around it.</param>
    /// <param name="array">The array.</param>
    /// <param name="memory">Where memory comes from, and whose it then is; null: the garbage collector's.</param>
    public static bool[]? MergeValidity(bool[]? valid, IArrowArray array, ColumnBuffers? memory = null)
    {
        var bits = array.Data.Buffers[0].Span;
        if (array.NullCount == 0 || bits.IsEmpty)
        {
            return valid;
        }

        var own = memory?.Rent<bool>(array.Length) ?? new bool[array.Length];
        Bitmap.Expand(bits, array.Data.Offset, own.AsSpan(0, array.Length));
        for (var row = 0; valid is not null && row < array.Length; row++)
        {
            own[row] &= valid[row];
        }

        return own;
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
