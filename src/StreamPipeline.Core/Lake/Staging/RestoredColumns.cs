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
    /// The rows under their own schema, texts and numbers still compact: a fold takes them as they are (<see cref="TextForm"/>, <see cref="NumberForm"/>). Times are as they were, since rows are
    /// sorted into days by them. They share memory with the staged ones.
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
                (fields[i], var data) = Of(field, staged.Column(i).Data, memory);
                arrays[i] = ReferenceEquals(data, staged.Column(i).Data) ? staged.Column(i) : ArrowArrayFactory.BuildArray(data);
            }
            else if (Metadata(field, CompactColumns.SameAs) is { } before && before >= 0 && before < i)
            {
                fields[i] = new Field(field.Name, fields[before].DataType, field.IsNullable);
                arrays[i] = arrays[before];
            }
            else if (Metadata(field, CompactColumns.Constant) is { } timeUs)
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

        return TextForm.IsCompact(data) ? new TextForm(data).Spell()
            : NumberForm.IsCompact(data) ? new NumberForm(data).Spell()
            : data;
    }

    /// <summary>Which rows of an array have a value, counted from its first; empty: all.</summary>
    public static ArrowBuffer ValidityOf(ArrayData data)
    {
        var validity = data.Buffers[0].Span;
        if (validity.IsEmpty || data.Offset == 0)
        {
            return data.Buffers[0];
        }

        var bits = new byte[(data.Length + 7) / 8];
        Columns.Bitmap.Append(validity, data.Offset, bits, 0, data.Length);
        return new ArrowBuffer(bits);
    }

    private static (Field Field, ArrayData Data) Of(Field field, ArrayData data, ColumnBuffers? memory)
    {
        switch (field.DataType)
        {
            case DictionaryType:
                return (new Field(field.Name, StringType.Default, field.IsNullable), data);
            case FixedSizeBinaryType when field.Metadata?.TryGetValue(CompactColumns.Prefix, out var prefix) is true:
                return (new Field(field.Name, StringType.Default, field.IsNullable), TextForm.WithPrefix(data, Encoding.UTF8.GetBytes(prefix!)));
            case FixedSizeBinaryType { ByteWidth: UuidTexts.Bytes } when field.Metadata?.GetValueOrDefault(CompactColumns.Spelling) is CompactColumns.Uuid:
                return (new Field(field.Name, StringType.Default, field.IsNullable), TextForm.OfUuids(data));
            case IntegerType when Metadata(field, CompactNumbers.OriginUs) is { } originUs:
                return (new Field(field.Name, SilverTable.Timestamp, field.IsNullable), Times(data, originUs, memory));
            case IntegerType when Metadata(field, CompactNumbers.Origin) is { } origin:
                var decimals = DecimalsOf(field);
                return (new Field(field.Name, decimals is null ? Int64Type.Default : DoubleType.Default, field.IsNullable), NumberForm.WithOrigin(data, origin, decimals));
            case StructType type:
                var fields = new Field[type.Fields.Count];
                var children = new ArrayData[fields.Length];
                for (var i = 0; i < fields.Length; i++)
                {
                    (fields[i], children[i]) = Of(type.Fields[i], data.Children[i], memory);
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
        var times = Room(count * sizeof(long), memory);
        MemoryMarshal.Cast<byte, long>(times.Span).Fill(timeUs);
        return new TimestampArray(SilverTable.Timestamp, new ArrowBuffer(times), ArrowBuffer.Empty, count, nullCount: 0, offset: 0);
    }

    private static ArrayData Times(ArrayData data, long originUs, ColumnBuffers? memory)
    {
        var times = Room(data.Length * sizeof(long), memory);
        new NumberForm(NumberForm.WithOrigin(data, originUs, decimals: null)).CopyTo(0, MemoryMarshal.Cast<byte, long>(times.Span));
        return new ArrayData(SilverTable.Timestamp, data.Length, data.NullCount, 0, [ValidityOf(data), new ArrowBuffer(times)]);
    }

    /// <summary>Null: they are no doubles.</summary>
    private static int? DecimalsOf(Field field) => Metadata(field, CompactNumbers.Decimals) switch
    {
        null => null,
        >= 0 and <= ScaledReals.DecimalsMax and var decimals => (int)decimals,
        var decimals => throw new InvalidDataException($"column '{field.Name}' of a staged file has {decimals} decimals: 0 to {ScaledReals.DecimalsMax} are written"),
    };

    private static Memory<byte> Room(int bytes, ColumnBuffers? memory) => (memory?.Rent(bytes) ?? new byte[bytes]).AsMemory(0, bytes);

    private static long? Metadata(Field field, string key) =>
        field.Metadata?.TryGetValue(key, out var text) is true && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
