using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Enrichment;

/// <summary>A column by its dotted path, through structs.</summary>
/// <param name="Path">As the user wrote it.</param>
/// <param name="Ordinals">Index of the column, then of the field within each struct.</param>
/// <param name="Type">Of the innermost.</param>
internal sealed record ColumnPath(string Path, int[] Ordinals, IArrowType Type)
{
    /// <summary>Null when there is no such column, with the names there are at the level where the path leaves the schema.</summary>
    public static ColumnPath? Resolve(Schema schema, string path, out IEnumerable<string> names)
    {
        names = schema.FieldsList.Select(field => field.Name);

        // A column whose own name has a dot comes first.
        var whole = schema.GetFieldIndex(path);
        if (whole >= 0)
        {
            return new ColumnPath(path, [whole], schema.GetFieldByIndex(whole).DataType);
        }

        var segments = path.Split('.');
        var ordinals = new int[segments.Length];
        IReadOnlyList<Field> fields = schema.FieldsList;
        IArrowType? type = null;
        for (var i = 0; i < segments.Length; i++)
        {
            var prefix = string.Concat(segments.Take(i).Select(segment => segment + "."));
            names = fields.Select(field => prefix + field.Name);
            ordinals[i] = -1;
            for (var j = 0; j < fields.Count && ordinals[i] < 0; j++)
            {
                ordinals[i] = fields[j].Name == segments[i] ? j : -1;
            }

            if (ordinals[i] < 0)
            {
                return null;
            }

            type = fields[ordinals[i]].DataType;
            fields = type is StructType structure ? structure.Fields : [];
        }

        return new ColumnPath(path, ordinals, type!);
    }

    /// <summary>The column's array and those of the structs around it, outermost first.</summary>
    public IArrowArray[] Arrays(RecordBatch rows)
    {
        var arrays = new IArrowArray[Ordinals.Length];
        arrays[0] = rows.Column(Ordinals[0]);
        for (var i = 1; i < arrays.Length; i++)
        {
            arrays[i] = ((StructArray)arrays[i - 1]).Fields[Ordinals[i]];
        }

        return arrays;
    }

    /// <summary>A value is null when it or any struct around it is.</summary>
    public static bool IsNull(IArrowArray[] arrays, int row)
    {
        foreach (var array in arrays)
        {
            if (array.IsNull(row))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The text by which values of events and of references are compared.</summary>
internal static class KeyText
{
    public static bool IsSupported(IArrowType type) =>
        type.TypeId is ArrowTypeId.String or ArrowTypeId.Int32 or ArrowTypeId.Int64 or ArrowTypeId.Boolean or ArrowTypeId.Date32;

    /// <summary>Appends the length and the text of a value that is not null, so that ("a","bc") differs from ("ab","c").</summary>
    public static void Append(IArrowArray array, int row, ArrayBufferWriter<byte> key)
    {
        const int ScalarBytesMax = 32;
        if (array is StringArray strings)
        {
            var text = strings.GetBytes(row);
            AppendLength(key, text.Length);
            text.CopyTo(key.GetSpan(text.Length));
            key.Advance(text.Length);
            return;
        }

        Span<byte> scalar = stackalloc byte[ScalarBytesMax];
        var length = 0;
        _ = array switch
        {
            Int64Array integers => Utf8Formatter.TryFormat(integers.GetValue(row)!.Value, scalar, out length),
            Int32Array integers => Utf8Formatter.TryFormat(integers.GetValue(row)!.Value, scalar, out length),
            BooleanArray booleans => Utf8Formatter.TryFormat(booleans.GetValue(row)!.Value, scalar, out length, new StandardFormat('l')),
            Date32Array dates => dates.GetDateOnly(row)!.Value.TryFormat(scalar, out length, "yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"columns of type {array.Data.DataType.Name} are not matched: the settings are checked for that"),
        };
        AppendLength(key, length);
        scalar[..length].CopyTo(key.GetSpan(length));
        key.Advance(length);
    }

    private static void AppendLength(ArrayBufferWriter<byte> key, int length)
    {
        BitConverter.TryWriteBytes(key.GetSpan(sizeof(int)), length);
        key.Advance(sizeof(int));
    }
}
