using Apache.Arrow;
using Apache.Arrow.Types;

namespace StreamPipeline.Core.Enrichment;

/// <summary>Builds a column from rows of another.</summary>
internal static class Gather
{
    /// <param name="source">A column of a reference: one of the types that <see cref="ReferenceReader"/> makes.</param>
    /// <param name="rows">Row of the source for each row of the result; -1 for null.</param>
    public static IArrowArray Take(IArrowArray source, ReadOnlySpan<int> rows) => source switch
    {
        StringArray strings => TakeStrings(strings, rows),
        Int64Array integers => TakeValues(integers, rows, new Int64Array.Builder()),
        DoubleArray doubles => TakeValues(doubles, rows, new DoubleArray.Builder()),
        Date32Array dates => TakeDates(dates, rows),
        BooleanArray booleans => TakeBooleans(booleans, rows),
        TimestampArray times => TakeTimes(times, rows),
        _ => throw new InvalidOperationException($"references have no columns of type {source.Data.DataType.Name}"),
    };

    private static StringArray TakeStrings(StringArray source, ReadOnlySpan<int> rows)
    {
        var builder = new StringArray.Builder().Reserve(rows.Length);
        foreach (var row in rows)
        {
            _ = row < 0 || source.IsNull(row) ? builder.AppendNull() : builder.Append(source.GetBytes(row));
        }

        return builder.Build();
    }

    private static TArray TakeValues<T, TArray, TBuilder>(
        PrimitiveArray<T> source, ReadOnlySpan<int> rows, PrimitiveArrayBuilder<T, TArray, TBuilder> builder)
        where T : struct, IEquatable<T>
        where TArray : IArrowArray
        where TBuilder : class, IArrowArrayBuilder<TArray>
    {
        builder.Reserve(rows.Length);
        var values = source.Values;
        foreach (var row in rows)
        {
            _ = row < 0 || source.IsNull(row) ? builder.AppendNull() : builder.Append(values[row]);
        }

        return builder.Build(default);
    }

    private static Date32Array TakeDates(Date32Array source, ReadOnlySpan<int> rows)
    {
        var builder = new Date32Array.Builder().Reserve(rows.Length);
        foreach (var row in rows)
        {
            _ = row < 0 || source.IsNull(row) ? builder.AppendNull() : builder.Append(source.GetDateOnly(row)!.Value);
        }

        return builder.Build();
    }

    private static BooleanArray TakeBooleans(BooleanArray source, ReadOnlySpan<int> rows)
    {
        var builder = new BooleanArray.Builder().Reserve(rows.Length);
        foreach (var row in rows)
        {
            _ = row < 0 || source.IsNull(row) ? builder.AppendNull() : builder.Append(source.GetValue(row)!.Value);
        }

        return builder.Build();
    }

    private static TimestampArray TakeTimes(TimestampArray source, ReadOnlySpan<int> rows)
    {
        var builder = new TimestampArray.Builder((TimestampType)source.Data.DataType).Reserve(rows.Length);
        foreach (var row in rows)
        {
            _ = row < 0 || source.IsNull(row) ? builder.AppendNull() : builder.Append(source.GetTimestamp(row)!.Value);
        }

        return builder.Build();
    }
}
