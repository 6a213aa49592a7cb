using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>How rules see the values of a column.</summary>
internal enum ColumnKind
{
    /// <summary>utf8.</summary>
    Text,

    /// <summary>int64.</summary>
    Integer,

    /// <summary>double.</summary>
    Real,
    Boolean,

    /// <summary>timestamp[us]: microseconds since the epoch.</summary>
    Timestamp,

    /// <summary>date32: days since the epoch; compared as the midnight, UTC, with which the day begins.</summary>
    Date,

    /// <summary>A struct, a list, or a type that rules do not compare: only its presence counts.</summary>
    Other,
}

/// <summary>A column of the schema, found by its dotted path.</summary>
/// <param name="Name">As rules spell it.</param>
/// <param name="Indices">Index of the top-level column, then of the field in each struct.</param>
/// <param name="Kind">How its values compare.</param>
/// <param name="Slot">Its place in <see cref="BatchContext"/>.</param>
internal sealed record ColumnPath(string Name, int[] Indices, ColumnKind Kind, int Slot)
{
    public bool IsNumber => Kind is ColumnKind.Integer or ColumnKind.Real;

    public static ColumnKind KindOf(IArrowType type) => type switch
    {
        StringType => ColumnKind.Text,
        Int64Type => ColumnKind.Integer,
        DoubleType => ColumnKind.Real,
        BooleanType => ColumnKind.Boolean,
        TimestampType { Unit: TimeUnit.Microsecond } => ColumnKind.Timestamp,
        Date32Type => ColumnKind.Date,
        _ => ColumnKind.Other,
    };

    /// <summary>For messages.</summary>
    public static string Describe(ColumnKind kind) => kind switch
    {
        ColumnKind.Text => "text",
        ColumnKind.Integer => "integers",
        ColumnKind.Real => "numbers",
        ColumnKind.Boolean => "booleans",
        ColumnKind.Timestamp => "timestamps",
        ColumnKind.Date => "dates",
        _ => "nested values",
    };
}

/// <summary>One column of the batch being judged.</summary>
/// <param name="Array">Its values; for a field of a struct, aligned with the batch's rows.</param>
/// <param name="Valid">Per row, whether it and all structs around it have a value; null: all do.</param>
internal readonly record struct ColumnView(IArrowArray Array, bool[]? Valid)
{
    public bool IsValid(int row) => Valid is null || Valid[row];

    public ReadOnlySpan<long> Longs => ((PrimitiveArray<long>)Array).Values;

    public ReadOnlySpan<double> Doubles => ((PrimitiveArray<double>)Array).Values;

    public ReadOnlySpan<int> Days => ((PrimitiveArray<int>)Array).Values;

    public TextColumn Texts => new((BinaryArray)Array);

    public BitColumn Bits => new((BooleanArray)Array);
}

/// <summary>The bytes of a utf8 column.</summary>
internal readonly ref struct TextColumn(BinaryArray array)
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
