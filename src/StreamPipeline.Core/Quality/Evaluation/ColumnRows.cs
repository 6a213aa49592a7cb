using System.Buffers;
using System.Globalization;
using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>IsComplete and Completeness: all columns have a value.</summary>
internal sealed class CompleteRow(ColumnPath[] columns, WhereTest? where) : ColumnRow(where)
{
    protected override void Test(BatchContext batch, Span<bool> pass)
    {
        pass.Fill(true);
        foreach (var column in columns)
        {
            if (batch.Column(column).Valid is { } valid)
            {
                for (var row = 0; row < pass.Length; row++)
                {
                    pass[row] &= valid[row];
                }
            }
        }
    }
}

/// <summary>ColumnValues and ColumnLength.</summary>
/// <param name="column">Whose values.</param>
/// <param name="test">On values.</param>
/// <param name="nullPasses">The verdict on a row without a value.</param>
/// <param name="where">Rows to judge.</param>
internal sealed class ValueRow(ColumnPath column, ValueTest test, bool nullPasses, WhereTest? where) : ColumnRow(where)
{
    /// <summary>Makes the test for the batch's clock, for a condition with <c>now()</c>.</summary>
    public Func<long, ValueTest>? ForNow { get; init; }

    protected override void Test(BatchContext batch, Span<bool> pass)
    {
        var view = batch.Column(column);
        (ForNow?.Invoke(batch.NowUs) ?? test).Fill(view, batch, pass);
        if (view.Valid is { } valid)
        {
            for (var row = 0; row < pass.Length; row++)
            {
                pass[row] = valid[row] ? pass[row] : nullPasses;
            }
        }
    }
}

/// <summary>DataFreshness: now − value satisfies a condition; NULL fails.</summary>
internal sealed class FreshRow(ColumnPath column, IntegerComparison ageUs, WhereTest? where) : ColumnRow(where)
{
    protected override void Test(BatchContext batch, Span<bool> pass)
    {
        var view = batch.Column(column);
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] = !view.IsNull(row)
                && ageUs.Holds(batch.NowUs - (column.Kind == ColumnKind.Date ? view.Days[row] * Instant.DayUs : view.Longs[row]));
        }
    }
}

/// <summary>ReferentialIntegrity: the key occurs in the reference table.</summary>
internal sealed class ReferenceRow(ColumnPath[] columns, HashSet<UInt128> keys, WhereTest? where) : ColumnRow(where)
{
    protected override void Test(BatchContext batch, Span<bool> pass)
    {
        var rented = ArrayPool<UInt128>.Shared.Rent(pass.Length);
        var fingerprints = rented.AsSpan(0, pass.Length);
        Fingerprint.Fill(batch, columns, fingerprints);
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] = keys.Contains(fingerprints[row]);
        }

        ArrayPool<UInt128>.Shared.Return(rented);
    }
}

/// <summary>ColumnDataType: the value can be read as the type. A row without a value has no type and passes.</summary>
internal sealed class DataTypeRow(ColumnPath column, DataTypeName type, WhereTest? where) : ColumnRow(where)
{
    /// <summary>Longest text that can be a number, a date or a boolean.</summary>
    private const int LengthMax = 400;

    protected override void Test(BatchContext batch, Span<bool> pass)
    {
        var view = batch.Column(column);
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] = view.IsNull(row) || Fits(view, row, batch);
        }
    }

    private bool Fits(ColumnView view, int row, BatchContext batch) => column.Kind switch
    {
        ColumnKind.Text => FitsText(view.Texts[row], batch),
        ColumnKind.Boolean => type == DataTypeName.Boolean,
        ColumnKind.Integer => type switch
        {
            DataTypeName.Integer => view.Longs[row] is >= int.MinValue and <= int.MaxValue,
            DataTypeName.Long or DataTypeName.Double or DataTypeName.Float => true,
            _ => false,
        },
        ColumnKind.Number => FitsReal(view.Doubles[row]),
        ColumnKind.Timestamp or ColumnKind.Date => type is DataTypeName.Date or DataTypeName.Timestamp,
        _ => false,
    };

    private bool FitsReal(double value) => type switch
    {
        DataTypeName.Double => true,
        DataTypeName.Float => float.IsFinite((float)value) || !double.IsFinite(value),
        DataTypeName.Integer => Math.Truncate(value) == value && value is >= int.MinValue and <= int.MaxValue,
        DataTypeName.Long => Math.Truncate(value) == value && value is >= long.MinValue and < 9.223372036854775808e18,
        _ => false,
    };

    private bool FitsText(ReadOnlySpan<byte> utf8, BatchContext batch)
    {
        if (utf8.Length > LengthMax)
        {
            return false;
        }

        var text = batch.Decode(utf8).Trim();
        return type switch
        {
            DataTypeName.Boolean => IsBoolean(text),
            DataTypeName.Date => Instant.TryParseDate(text, out _),
            DataTypeName.Timestamp => Instant.TryParse(text, out _),
            DataTypeName.Integer => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            DataTypeName.Long => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && FitsReal(value),
        };
    }

    /// <summary>What Spark casts to a boolean.</summary>
    private static bool IsBoolean(ReadOnlySpan<char> text)
    {
        Span<char> lower = stackalloc char[5];
        return text.Length <= lower.Length
            && text.ToLowerInvariant(lower) > 0
            && lower[..text.Length] is "true" or "false" or "t" or "f" or "yes" or "no" or "y" or "n" or "1" or "0";
    }
}

/// <summary>The types of ColumnDataType.</summary>
internal enum DataTypeName
{
    Boolean,
    Date,
    Timestamp,

    /// <summary>32 bits.</summary>
    Integer,

    /// <summary>64 bits.</summary>
    Long,
    Double,
    Float,
}
