using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Verification;

/// <summary>Brings rows that were written before a change of the contract to today's columns: a column that they lack is null.</summary>
internal static class SilverColumns
{
    /// <exception cref="InvalidDataException">A column has another type.</exception>
    public static RecordBatch Align(RecordBatch rows, Schema schema)
    {
        if (TableSchema.Conflict("silver", rows.Schema, schema) is { } conflict)
        {
            throw new InvalidDataException(conflict + "; verify with the pipeline that the lake was made with");
        }

        var columns = new List<IArrowArray>(schema.FieldsList.Count);
        foreach (var field in schema.FieldsList)
        {
            var index = rows.Schema.GetFieldIndex(field.Name);
            columns.Add(index >= 0 ? rows.Column(index) : ArrowArrayFactory.BuildArray(Nulls(field.DataType, rows.Length)));
        }

        return new RecordBatch(schema, columns, rows.Length);
    }

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
