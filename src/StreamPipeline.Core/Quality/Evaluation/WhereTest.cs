using System.Buffers;

using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>
/// A bound <c>where</c>. Truth values are 0 false, 1 unknown, 2 true, so that and is the minimum, or the maximum, not the complement (Kleene's logic, as
/// in ISO/IEC 9075).
/// </summary>
internal abstract class WhereTest
{
    protected const byte False = 0;
    protected const byte Unknown = 1;
    protected const byte True = 2;

    public abstract void Fill(BatchContext batch, Span<byte> truth);

    /// <summary>Sets the rows for which the expression is true and returns their count.</summary>
    public int Choose(BatchContext batch, Span<bool> judged)
    {
        var rented = ArrayPool<byte>.Shared.Rent(judged.Length);
        var truth = rented.AsSpan(0, judged.Length);
        Fill(batch, truth);
        var count = 0;
        for (var row = 0; row < judged.Length; row++)
        {
            judged[row] = truth[row] == True;
            count += judged[row] ? 1 : 0;
        }

        ArrayPool<byte>.Shared.Return(rented);
        return count;
    }
}

internal sealed class WhereJoin(bool isAnd, WhereTest left, WhereTest right) : WhereTest
{
    public override void Fill(BatchContext batch, Span<byte> truth)
    {
        left.Fill(batch, truth);
        var rented = ArrayPool<byte>.Shared.Rent(truth.Length);
        var other = rented.AsSpan(0, truth.Length);
        right.Fill(batch, other);
        for (var row = 0; row < truth.Length; row++)
        {
            truth[row] = isAnd ? Math.Min(truth[row], other[row]) : Math.Max(truth[row], other[row]);
        }

        ArrayPool<byte>.Shared.Return(rented);
    }
}

internal sealed class WhereComplement(WhereTest operand) : WhereTest
{
    public override void Fill(BatchContext batch, Span<byte> truth)
    {
        operand.Fill(batch, truth);
        foreach (ref var value in truth)
        {
            value = (byte)(True - value);
        }
    }
}

internal sealed class WhereMissing(ColumnPath column) : WhereTest
{
    public override void Fill(BatchContext batch, Span<byte> truth)
    {
        var view = batch.Column(column);
        for (var row = 0; row < truth.Length; row++)
        {
            truth[row] = view.IsNull(row) ? True : False;
        }
    }
}

internal sealed class WhereValue(ColumnPath column, ValueTest test) : WhereTest
{
    public override void Fill(BatchContext batch, Span<byte> truth)
    {
        var view = batch.Column(column);
        var rented = BatchContext.Rent(truth.Length);
        var pass = rented.AsSpan(0, truth.Length);
        test.Fill(view, batch, pass);
        for (var row = 0; row < truth.Length; row++)
        {
            truth[row] = view.IsNull(row) ? Unknown : pass[row] ? True : False;
        }

        BatchContext.Return(rented);
    }
}

/// <summary>Compares two columns of kinds that compare with each other.</summary>
internal sealed class WhereColumns(ColumnPath left, ConditionOperator op, ColumnPath right) : WhereTest
{
    public override void Fill(BatchContext batch, Span<byte> truth)
    {
        var a = batch.Column(left);
        var b = batch.Column(right);
        for (var row = 0; row < truth.Length; row++)
        {
            truth[row] = a.IsNull(row) || b.IsNull(row) ? Unknown : TextOrderTest.Holds(op, Compare(a, b, row)) ? True : False;
        }
    }

    private int Compare(ColumnView a, ColumnView b, int row)
    {
        if (left.Kind == ColumnKind.Text)
        {
            return a.Texts[row].SequenceCompareTo(b.Texts[row]);
        }

        if (left.Kind == ColumnKind.Boolean)
        {
            return a.Bits[row].CompareTo(b.Bits[row]);
        }

        return left.Kind == ColumnKind.Number || right.Kind == ColumnKind.Number
            ? Real(left.Kind, a, row).CompareTo(Real(right.Kind, b, row))
            : Integer(left.Kind, a, row).CompareTo(Integer(right.Kind, b, row));
    }

    private static double Real(ColumnKind kind, ColumnView view, int row) => kind == ColumnKind.Number ? view.Doubles[row] : view.Longs[row];

    private static long Integer(ColumnKind kind, ColumnView view, int row) =>
        kind == ColumnKind.Date ? view.Days[row] * Instant.DayUs : view.Longs[row];
}
