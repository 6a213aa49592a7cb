using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// The columns of a batch as a staged file holds them: half the bytes to write, flush, read and keep until the fold, and what a dictionary costs is paid once.
/// A column becomes one of these when that is shorter, and otherwise stays as it is:
/// <list type="bullet">
/// <item>text that comes again: an Arrow dictionary;</item>
/// <item>text of one length (ids, sequence numbers): fixed-size binary without the beginning that all of it shares, which is the field's metadata <see cref="Prefix"/>;</item>
/// <item>the same values as a column before it, or one timestamp in all rows: Arrow's null type with the metadata <see cref="SameAs"/> or <see cref="Constant"/>.</item>
/// </list>
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

    private readonly ColumnBuffers _memory = new();
    private readonly CompactText _texts;

    public CompactColumns() => _texts = new CompactText(_memory);

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

            var (changed, data) = _texts.Of(field, batch.Column(i).Data);
            fields[i] = changed;
            arrays[i] = ReferenceEquals(changed, field) ? batch.Column(i) : ArrowArrayFactory.BuildArray(data);
        }

        return new RecordBatch(new Schema(fields, metadata: null), arrays, batch.Length);
    }

    public void Dispose()
    {
        _texts.Dispose();
        _memory.Dispose();
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
