using System.Buffers;
using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Row kernels over whole Arrow batches. Supported column types: bool, fixed-width numbers, dates and timestamps, utf8, binary,
/// list and struct, nested at will; slices are understood. The results own fresh memory and share none with their inputs.
/// </summary>
public static class RecordBatches
{
    /// <summary>The given rows in the given order; a row may be named more than once.</summary>
    /// <param name="batch">Any batch of supported types.</param>
    /// <param name="rows">Row numbers, each in [0, <c>batch.Length</c>).</param>
    /// <exception cref="NotSupportedException">A column has another type; the message names it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A row number is outside the batch.</exception>
    public static RecordBatch Take(RecordBatch batch, ReadOnlySpan<int> rows)
    {
        foreach (var row in rows)
        {
            if ((uint)row >= (uint)batch.Length)
            {
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"the batch has {batch.Length} rows, numbered from 0");
            }
        }

        var runs = ArrayPool<RowRun>.Shared.Rent(rows.Length);
        var taken = Take(batch, runs.AsSpan(0, RowRun.Of(rows, runs)), rows.Length, memory: null);
        ArrayPool<RowRun>.Shared.Return(runs);
        return taken;
    }

    /// <summary>The given rows; each in [0, <c>batch.Length</c>), which the caller has checked.</summary>
    /// <param name="batch">Any batch of supported types.</param>
    /// <param name="runs">The rows.</param>
    /// <param name="rows">How many they are.</param>
    /// <param name="memory">Where memory comes from, and whose it then is; null: the garbage collector's.</param>
    internal static RecordBatch Take(RecordBatch batch, ReadOnlySpan<RowRun> runs, int rows, ColumnBuffers? memory)
    {
        var gathers = GathersFor(batch.Schema, rows, memory);
        for (var column = 0; column < gathers.Length; column++)
        {
            gathers[column].Append(batch.Column(column).Data, runs, rows);
        }

        return Build(batch.Schema, gathers, rows);
    }

    /// <summary>The given rows of a column; each in [0, <c>column.Length</c>), which the caller has checked.</summary>
    internal static IArrowArray Take(IArrowArray column, ReadOnlySpan<int> rows, ColumnBuffers? memory = null)
    {
        var gather = ColumnGather.For(column.Data.DataType, rows.Length, "", memory);
        var runs = ArrayPool<RowRun>.Shared.Rent(rows.Length);
        gather.Append(column.Data, runs.AsSpan(0, RowRun.Of(rows, runs)), rows.Length);
        ArrayPool<RowRun>.Shared.Return(runs);
        return ArrowArrayFactory.BuildArray(gather.Build());
    }

    /// <summary>The column and one more row, which is null.</summary>
    internal static IArrowArray WithNullRow(IArrowArray column)
    {
        var gather = ColumnGather.For(column.Data.DataType, column.Length + 1, "");
        gather.Append(column.Data, [new RowRun(0, column.Length)], column.Length);
        gather.AppendNull();
        return ArrowArrayFactory.BuildArray(gather.Build());
    }

    /// <summary>All rows of all batches, in order. The schemas must be the same (see <see cref="SameSchema"/>).</summary>
    /// <exception cref="ArgumentException">No batch is given, or a schema differs from the first one's.</exception>
    /// <exception cref="NotSupportedException">A column has an unsupported type; the message names it.</exception>
    public static RecordBatch Concat(IReadOnlyList<RecordBatch> batches)
    {
        if (batches.Count == 0)
        {
            throw new ArgumentException("at least one batch is needed, for its schema", nameof(batches));
        }

        var schema = batches[0].Schema;
        var length = 0;
        foreach (var batch in batches)
        {
            if (!SameSchema(schema, batch.Schema))
            {
                throw new ArgumentException($"batches of different schemas: {Describe(schema)} and {Describe(batch.Schema)}", nameof(batches));
            }

            length = checked(length + batch.Length);
        }

        var gathers = GathersFor(schema, length, memory: null);
        foreach (var batch in batches)
        {
            for (var column = 0; column < gathers.Length; column++)
            {
                gathers[column].Append(batch.Column(column).Data, [new RowRun(0, batch.Length)], batch.Length);
            }
        }

        return Build(schema, gathers, length);
    }

    /// <summary>A batch of these columns without rows.</summary>
    public static RecordBatch Empty(Schema schema) => Build(schema, GathersFor(schema, 0, memory: null), 0);

    /// <summary>Bytes of Arrow data that the rows use, slices counted by what they show. For bounding memory, not for billing.</summary>
    public static long ByteSize(RecordBatch batch) => ByteSize(batch, 0, batch.Length);

    /// <summary>Bytes of Arrow data that rows [<paramref name="from"/>, <paramref name="from"/> + <paramref name="count"/>) use.</summary>
    public static long ByteSize(RecordBatch batch, int from, int count)
    {
        long bytes = 0;
        for (var column = 0; column < batch.ColumnCount; column++)
        {
            bytes += ColumnGather.ByteSize(batch.Column(column).Data, from, count);
        }

        return bytes;
    }

    /// <summary>Same column names, types and nullability in the same order; metadata does not count.</summary>
    public static bool SameSchema(Schema left, Schema right) => ReferenceEquals(left, right) || SchemaJson.Same(left.FieldsList, right.FieldsList);

    private static ColumnGather[] GathersFor(Schema schema, int rows, ColumnBuffers? memory)
    {
        var gathers = new ColumnGather[schema.FieldsList.Count];
        for (var i = 0; i < gathers.Length; i++)
        {
            gathers[i] = ColumnGather.For(schema.FieldsList[i].DataType, rows, schema.FieldsList[i].Name, memory);
        }

        return gathers;
    }

    private static RecordBatch Build(Schema schema, ColumnGather[] gathers, int length)
    {
        var columns = new IArrowArray[gathers.Length];
        for (var i = 0; i < gathers.Length; i++)
        {
            columns[i] = ArrowArrayFactory.BuildArray(gathers[i].Build());
        }

        return new RecordBatch(schema, columns, length);
    }

    private static string Describe(Schema schema) => SchemaJson.Write(schema);
}
