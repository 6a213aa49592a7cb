using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Tests.Lake;

/// <summary>Small tables to fold: rows of an id and a time.</summary>
internal static class LakeFixture
{
    public const long DayUs = 86_400_000_000;

    public static Schema SchemaOf(string timeColumn, bool wide = false)
    {
        List<Field> fields =
        [
            new("id", Int64Type.Default, true),
            new("note", StringType.Default, true),
            new(timeColumn, new TimestampType(TimeUnit.Microsecond, "UTC"), false),
        ];
        if (wide)
        {
            fields.Add(new Field("added", DoubleType.Default, true));
        }

        return new Schema(fields, null);
    }

    public static RecordBatch Batch(string timeColumn, IReadOnlyList<(long Id, long TimeUs)> rows, bool wide = false)
    {
        var notes = new StringArray.Builder();
        var extra = new DoubleArray.Builder();
        foreach (var (id, _) in rows)
        {
            notes.Append("n" + (id % 3).ToString(CultureInfo.InvariantCulture));
            extra.Append(id / 2.0);
        }

        var schema = SchemaOf(timeColumn, wide);
        List<IArrowArray> columns =
        [
            new Int64Array(Buffer(rows.Select(r => r.Id)), ArrowBuffer.Empty, rows.Count, 0, 0),
            notes.Build(),
            new TimestampArray((TimestampType)schema.GetFieldByName(timeColumn).DataType, Buffer(rows.Select(r => r.TimeUs)), ArrowBuffer.Empty, rows.Count, 0, 0),
        ];
        if (wide)
        {
            columns.Add(extra.Build());
        }

        return new RecordBatch(schema, columns, rows.Count);
    }

    public static async Task<List<long>> Ids(IObjectStore objects, TableSnapshot snapshot)
    {
        var ids = new List<long>();
        foreach (var file in snapshot.Files)
        {
            var content = await objects.Get(file.Path, CancellationToken.None) ?? await objects.Get(file.Staged!, CancellationToken.None);
            using var batch = await ParquetTableFile.Read(content!, CancellationToken.None);
            Assert.Equal(file.Rows, batch.Length);
            ids.AddRange(((Int64Array)batch.Column(0)).Values);
        }

        ids.Sort();
        return ids;
    }

    public static async Task<List<string>> Keys(IObjectStore objects, string prefix)
    {
        var keys = new List<string>();
        await foreach (var item in objects.List(prefix, CancellationToken.None))
        {
            keys.Add(item.Key);
        }

        return keys;
    }

    private static ArrowBuffer Buffer(IEnumerable<long> values) => new(MemoryMarshal.AsBytes(values.ToArray().AsSpan()).ToArray());
}
