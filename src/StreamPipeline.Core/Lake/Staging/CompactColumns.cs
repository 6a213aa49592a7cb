using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// The columns of a batch as a staged file holds them: less than half the bytes to write, flush, read and keep until the fold, and what a dictionary costs is paid once.
/// A column becomes one of these when that is shorter, and otherwise stays as it is:
/// <list type="bullet">
/// <item>text that comes again: an Arrow dictionary;</item>
/// <item>text of one length (ids, sequence numbers): fixed-size binary without the beginning that all of it shares, which is the field's metadata <see cref="Prefix"/>;</item>
/// <item>UUIDs: 16 bytes, with the metadata <see cref="Spelling"/>;</item>
/// <item>the same values as a column before it, or one timestamp in all rows: Arrow's null type with the metadata <see cref="SameAs"/> or <see cref="Constant"/>;</item>
/// <item>other numbers: <see cref="CompactNumbers"/>.</item>
/// </list>
/// Members of structs are columns too; lists stay as they are.
/// <see cref="RestoredColumns"/> is the way back.
/// </summary>
internal sealed class CompactColumns : IDisposable
{
    /// <summary>Metadata of a field: what all its texts begin with.</summary>
    public const string Prefix = "prefix";

    /// <summary>Metadata of a field: the index of the column whose values it repeats.</summary>
    public const string SameAs = "same-as";

    /// <summary>Metadata of a field: its value in every row, microseconds since the epoch.</summary>
    public const string Constant = "constant-us";

    /// <summary>Metadata of a field: how its bytes are spelled as text.</summary>
    public const string Spelling = "spelling";

    /// <summary>The only one: <see cref="UuidTexts"/>.</summary>
    public const string Uuid = "uuid";

    private readonly ColumnBuffers _memory = new();
    private readonly CompactText _texts;
    private readonly CompactNumbers _numbers;

    public CompactColumns()
    {
        _texts = new CompactText(_memory);
        _numbers = new CompactNumbers(_memory);
    }

    /// <summary>The same rows. They share memory with the batch and with this.</summary>
    public RecordBatch Of(RecordBatch batch)
    {
        var columns = batch.ColumnCount;
        var fields = new Field[columns];
        var arrays = new IArrowArray[columns];
        for (var i = 0; i < columns; i++)
        {
            var field = batch.Schema.FieldsList[i];
            if (batch.Length > 0 && RepeatOf(batch, i) is { } repeated)
            {
                fields[i] = new Field(field.Name, NullType.Default, field.IsNullable, [repeated]);
                arrays[i] = new NullArray(batch.Length);
                continue;
            }

            var (changed, data) = Of(field, batch.Column(i).Data);
            fields[i] = changed;
            arrays[i] = ReferenceEquals(changed, field) ? batch.Column(i) : ArrowArrayFactory.BuildArray(data);
        }

        return new RecordBatch(new Schema(fields, metadata: null), arrays, batch.Length);
    }

    public void Dispose()
    {
        _numbers.Dispose();
        _texts.Dispose();
        _memory.Dispose();
    }

    /// <summary>The field itself when the column stays as it is.</summary>
    private (Field Field, ArrayData Data) Of(Field field, ArrayData data)
    {
        // A slice stays as it is: it is not what a pipeline makes.
        if (data.Offset != 0 || data.Length == 0)
        {
            return (field, data);
        }

        return data.DataType switch
        {
            StructType type => OfStruct(field, type, data),
            StringType => _texts.Of(field, data),
            _ => _numbers.Of(field, data),
        };
    }

    private (Field Field, ArrayData Data) OfStruct(Field field, StructType type, ArrayData data)
    {
        var fields = new Field[type.Fields.Count];
        var children = new ArrayData[fields.Length];
        var isChanged = false;
        for (var i = 0; i < fields.Length; i++)
        {
            (fields[i], children[i]) = Of(type.Fields[i], data.Children[i]);
            isChanged |= !ReferenceEquals(fields[i], type.Fields[i]);
        }

        if (!isChanged)
        {
            return (field, data);
        }

        var changed = new StructType(fields);
        return (new Field(field.Name, changed, field.IsNullable), new ArrayData(changed, data.Length, data.NullCount, 0, data.Buffers, children));
    }

    /// <summary>Of timestamps only: silver's event time is a column of the contract too, and a batch mostly arrived at one moment.</summary>
    private static KeyValuePair<string, string>? RepeatOf(RecordBatch batch, int index)
    {
        if (TimesOf(batch.Column(index)) is not { IsEmpty: false } times)
        {
            return null;
        }

        if (times[0] == times[^1] && !times.ContainsAnyExcept(times[0]))
        {
            return new(Constant, times[0].ToString(CultureInfo.InvariantCulture));
        }

        for (var before = 0; before < index; before++)
        {
            var others = TimesOf(batch.Column(before));
            if (others.Length == times.Length && others[0] == times[0] && others.SequenceEqual(times))
            {
                return new(SameAs, before.ToString(CultureInfo.InvariantCulture));
            }
        }

        return null;
    }

    /// <summary>Empty when the column is another one, or has nulls.</summary>
    private static ReadOnlySpan<long> TimesOf(IArrowArray column) =>
        column is TimestampArray { Data.DataType: TimestampType { Unit: TimeUnit.Microsecond, Timezone: "UTC" } } times && times.NullCount == 0
            ? MemoryMarshal.Cast<byte, long>(times.Data.Buffers[1].Span).Slice(times.Data.Offset, times.Length)
            : default;
}
