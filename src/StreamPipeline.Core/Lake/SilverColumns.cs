using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Lake;

/// <summary>Brings rows that were written before a change of the contract to today's columns: a column that they lack is null.</summary>
internal static class SilverColumns
{
    /// <exception cref="InvalidDataException">A column has another type.</exception>
    public static RecordBatch Align(RecordBatch rows, Schema schema)
    {
        var columns = new List<IArrowArray>(schema.FieldsList.Count);
        foreach (var field in schema.FieldsList)
        {
            var index = rows.Schema.GetFieldIndex(field.Name);
            if (index >= 0 && !SameType(rows.Column(index).Data.DataType, field.DataType))
            {
                throw new InvalidDataException(
                    $"column '{field.Name}' of silver has another type than the pipeline gives it; use the pipeline that the lake was made with");
            }

            columns.Add(index >= 0 ? rows.Column(index) : ArrowArrayFactory.BuildArray(Nulls(field.DataType, rows.Length)));
        }

        return new RecordBatch(schema, columns, rows.Length);
    }

    /// <summary>Nullability and the name of a list's item do not matter: Parquet has its own for it.</summary>
    private static bool SameType(IArrowType left, IArrowType right) => (left, right) switch
    {
        (ListType a, ListType b) => SameType(a.ValueDataType, b.ValueDataType),
        (StructType a, StructType b) => a.Fields.Count == b.Fields.Count
            && a.Fields.Zip(b.Fields).All(pair => pair.First.Name == pair.Second.Name && SameType(pair.First.DataType, pair.Second.DataType)),
        (TimestampType a, TimestampType b) => a.Unit == b.Unit,
        _ => left.TypeId == right.TypeId,
    };

    private static ArrayData Nulls(IArrowType type, int length)
    {
        var valid = new ArrowBuffer(new byte[(length + 7) / 8]);
        return type switch
        {
            StructType group => new ArrayData(type, length, length, 0, [valid], [.. group.Fields.Select(field => Nulls(field.DataType, length))]),
            ListType list => new ArrayData(type, length, length, 0, [valid, Zeros(sizeof(int) * (length + 1))], [Nulls(list.ValueDataType, 0)]),
            StringType or BinaryType => new ArrayData(type, length, length, 0, [valid, Zeros(sizeof(int) * (length + 1)), ArrowBuffer.Empty]),
            FixedWidthType fixedWidth => new ArrayData(type, length, length, 0, [valid, Zeros((((fixedWidth.BitWidth * length) + 7) / 8) + 8)]),
            _ => throw new InvalidDataException($"columns of type {type.Name} are not supported"),
        };
    }

    private static ArrowBuffer Zeros(int bytes) => new(new byte[bytes]);
}
