using Apache.Arrow;
using Apache.Arrow.Types;
using Parquet;
using Parquet.Schema;
using StreamPipeline.Core.Lake;
using ArrowField = Apache.Arrow.Field;

namespace StreamPipeline.Core.Enrichment;

/// <summary>Reads the flat columns of a Parquet file that is in memory.</summary>
internal static class ParquetReference
{
    public static RecordBatch? Read(byte[] file, out string error)
    {
        try
        {
            // Parquet.Net is asynchronous only. Over memory nothing waits, so this completes where it is called.
            var (batch, problem) = ReadAll(file).GetAwaiter().GetResult();
            error = problem;
            return batch;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A damaged file makes the library fail in any way there is; all of them mean the same here.
            error = $"is not a readable Parquet file: {exception.Message}";
            return null;
        }
    }

    private static async Task<(RecordBatch? Batch, string Error)> ReadAll(byte[] file)
    {
        var footer = ParquetFooter.Read(file, out var start);
        using var restated = ParquetFooter.Restate(file, start, footer);
        var reader = await ParquetReader.CreateAsync(restated, leaveStreamOpen: true);
        await using (reader)
        {
            var rows = reader.RowGroups.Sum(group => group.RowCount);
            if (rows > ReferenceReader.RowsMax)
            {
                return (null, ReferenceReader.TooManyRows(rows));
            }

            var fields = new List<ArrowField>();
            var columns = new List<IArrowArray>();
            foreach (var field in reader.Schema.Fields.OfType<DataField>())
            {
                if (!field.IsArray && await ReadColumn(reader, field, (int)rows) is { } column)
                {
                    fields.Add(new ArrowField(field.Name, column.Data.DataType, nullable: true));
                    columns.Add(column);
                }
            }

            return (new RecordBatch(new Schema(fields, null), columns, (int)rows), "");
        }
    }

    /// <summary>Null for a type that references do not have.</summary>
    private static Task<IArrowArray?> ReadColumn(ParquetReader reader, DataField field, int rows)
    {
        var type = field.ClrType;
        return type == typeof(string) || type == typeof(ReadOnlyMemory<char>) ? ReadText(reader, field)
            : type == typeof(bool) ? ReadBooleans(reader, field, rows)
            : type == typeof(long) ? ReadIntegers<long>(reader, field, rows, value => value)
            : type == typeof(int) ? ReadIntegers<int>(reader, field, rows, value => value)
            : type == typeof(short) ? ReadIntegers<short>(reader, field, rows, value => value)
            : type == typeof(sbyte) ? ReadIntegers<sbyte>(reader, field, rows, value => value)
            : type == typeof(uint) ? ReadIntegers<uint>(reader, field, rows, value => value)
            : type == typeof(ushort) ? ReadIntegers<ushort>(reader, field, rows, value => value)
            : type == typeof(byte) ? ReadIntegers<byte>(reader, field, rows, value => value)
            : type == typeof(ulong) ? ReadIntegers<ulong>(reader, field, rows, value => checked((long)value))
            : type == typeof(double) ? ReadDoubles<double>(reader, field, rows, value => value)
            : type == typeof(float) ? ReadDoubles<float>(reader, field, rows, value => value)
            : type == typeof(decimal) ? ReadDoubles<decimal>(reader, field, rows, value => (double)value)
            : type == typeof(DateTime) ? ReadTimes(reader, field, rows)
            : type == typeof(DateOnly) ? ReadDates(reader, field, rows)
            : Task.FromResult<IArrowArray?>(null);
    }

    private static async Task<IArrowArray?> ReadText(ParquetReader reader, DataField field)
    {
        var builder = new StringArray.Builder();
        foreach (var group in reader.RowGroups)
        {
            var values = new string?[group.RowCount];
            await group.ReadAsync(field, values!);
            foreach (var value in values)
            {
                _ = value is null ? builder.AppendNull() : builder.Append(value);
            }
        }

        return builder.Build();
    }

    private static async Task<IArrowArray?> ReadBooleans(ParquetReader reader, DataField field, int rows)
    {
        var builder = new BooleanArray.Builder().Reserve(rows);
        await ForEach<bool>(reader, field, value => _ = value is { } some ? builder.Append(some) : builder.AppendNull());
        return builder.Build();
    }

    private static async Task<IArrowArray?> ReadIntegers<T>(ParquetReader reader, DataField field, int rows, Func<T, long> widen)
        where T : struct
    {
        var builder = new Int64Array.Builder().Reserve(rows);
        await ForEach<T>(reader, field, value => _ = value is { } some ? builder.Append(widen(some)) : builder.AppendNull());
        return builder.Build();
    }

    private static async Task<IArrowArray?> ReadDoubles<T>(ParquetReader reader, DataField field, int rows, Func<T, double> widen)
        where T : struct
    {
        var builder = new DoubleArray.Builder().Reserve(rows);
        await ForEach<T>(reader, field, value => _ = value is { } some ? builder.Append(widen(some)) : builder.AppendNull());
        return builder.Build();
    }

    private static async Task<IArrowArray?> ReadTimes(ParquetReader reader, DataField field, int rows)
    {
        // A DATE column comes as DateTime too; its schema field tells.
        if (field is DateTimeDataField { DateTimeFormat: DateTimeFormat.Date })
        {
            var dates = new Date32Array.Builder().Reserve(rows);
            await ForEach<DateTime>(reader, field, value => _ = value is { } some ? dates.Append(some.Date) : dates.AppendNull());
            return dates.Build();
        }

        var builder = new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC")).Reserve(rows);
        await ForEach<DateTime>(reader, field, value => _ = value is { } some
            ? builder.Append(new DateTimeOffset(DateTime.SpecifyKind(some, DateTimeKind.Utc)))
            : builder.AppendNull());
        return builder.Build();
    }

    private static async Task<IArrowArray?> ReadDates(ParquetReader reader, DataField field, int rows)
    {
        var builder = new Date32Array.Builder().Reserve(rows);
        await ForEach<DateOnly>(reader, field, value => _ = value is { } some ? builder.Append(some) : builder.AppendNull());
        return builder.Build();
    }

    private static async Task ForEach<T>(ParquetReader reader, DataField field, Action<T?> append)
        where T : struct
    {
        foreach (var group in reader.RowGroups)
        {
            var values = new T?[group.RowCount];
            if (field.IsNullable)
            {
                await group.ReadAsync<T>(field, values.AsMemory());
            }
            else
            {
                var required = new T[group.RowCount];
                await group.ReadAsync<T>(field, required.AsMemory());
                values = System.Array.ConvertAll(required, value => (T?)value);
            }

            foreach (var value in values)
            {
                append(value);
            }
        }
    }
}
