using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>The way back from <see cref="CompactColumns"/>.</summary>
internal static class RestoredColumns
{
    /// <summary>
    /// The rows under their own schema, the texts still compact: a fold takes them as they are (<see cref="TextForm"/>). They share memory with the staged ones.
    /// </summary>
    /// <param name="staged">What was read.</param>
    /// <param name="memory">Where further memory comes from, and whose it then is; null: the garbage collector's.</param>
    /// <exception cref="InvalidDataException">A field's metadata is not what is written there.</exception>
    public static RecordBatch Compact(RecordBatch staged, ColumnBuffers? memory)
    {
        var fields = new Field[staged.ColumnCount];
        var arrays = new IArrowArray[staged.ColumnCount];
        for (var i = 0; i < fields.Length; i++)
        {
            var field = staged.Schema.FieldsList[i];
            if (field.DataType is not NullType)
            {
                (fields[i], var data) = Of(field, staged.Column(i).Data);
                arrays[i] = ReferenceEquals(data, staged.Column(i).Data) ? staged.Column(i) : ArrowArrayFactory.BuildArray(data);
            }
            else if (Number(field, CompactColumns.SameAs) is { } before && before >= 0 && before < i)
            {
                fields[i] = new Field(field.Name, fields[before].DataType, field.IsNullable);
                arrays[i] = arrays[before];
            }
            else if (Number(field, CompactColumns.Constant) is { } timeUs)
            {
                fields[i] = new Field(field.Name, SilverTable.Timestamp, field.IsNullable);
                arrays[i] = Repeated(timeUs, staged.Length, memory);
            }
            else
            {
                throw new InvalidDataException($"column '{field.Name}' of a staged file has no values and does not say where they are");
            }
        }

        return new RecordBatch(new Schema(fields, metadata: null), arrays, staged.Length);
    }

    /// <summary>The rows of <see cref="Compact"/> as any reader of Arrow expects them.</summary>
    public static RecordBatch Plain(RecordBatch compact) => new(compact.Schema, [.. compact.Arrays.Select(Plain)], compact.Length);

    private static IArrowArray Plain(IArrowArray column) => Plain(column.Data) is var data && ReferenceEquals(data, column.Data) ? column : ArrowArrayFactory.BuildArray(data);

    private static ArrayData Plain(ArrayData data)
    {
        if (data.DataType is StructType type)
        {
            var children = System.Array.ConvertAll(data.Children, Plain);
            if (children.SequenceEqual(data.Children))
            {
                return data;
            }

            var plain = new StructType([.. type.Fields.Zip(children).Select(child => new Field(child.First.Name, child.Second.DataType, child.First.IsNullable))]);
            return new ArrayData(plain, data.Length, data.NullCount, data.Offset, data.Buffers, children);
        }

        return TextForm.IsCompact(data) ? new TextForm(data).Spell() : data;
    }

    private static (Field Field, ArrayData Data) Of(Field field, ArrayData data)
    {
        switch (field.DataType)
        {
            case DictionaryType:
                return (new Field(field.Name, StringType.Default, field.IsNullable), data);
            case FixedSizeBinaryType when field.Metadata?.TryGetValue(CompactColumns.Prefix, out var prefix) is true:
                return (new Field(field.Name, StringType.Default, field.IsNullable), TextForm.WithPrefix(data, Encoding.UTF8.GetBytes(prefix!)));
            case StructType type:
                var fields = new Field[type.Fields.Count];
                var children = new ArrayData[fields.Length];
                for (var i = 0; i < fields.Length; i++)
                {
                    (fields[i], children[i]) = Of(type.Fields[i], data.Children[i]);
                }

                return fields.SequenceEqual(type.Fields)
                    ? (field, data)
                    : (new Field(field.Name, new StructType(fields), field.IsNullable), new ArrayData(data.DataType, data.Length, data.NullCount, data.Offset, data.Buffers, children));
            default:
                return (field, data);
        }
    }

    private static TimestampArray Repeated(long timeUs, int count, ColumnBuffers? memory)
    {
        var bytes = count * sizeof(long);
        var times = memory?.Rent(bytes) ?? new byte[bytes];
        MemoryMarshal.Cast<byte, long>(times.AsSpan(0, bytes)).Fill(timeUs);
        return new TimestampArray(SilverTable.Timestamp, new ArrowBuffer(times.AsMemory(0, bytes)), ArrowBuffer.Empty, count, nullCount: 0, offset: 0);
    }

    private static long? Number(Field field, string key) =>
        field.Metadata?.TryGetValue(key, out var text) is true && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
