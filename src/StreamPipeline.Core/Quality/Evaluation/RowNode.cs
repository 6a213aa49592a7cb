using System.Globalization;

using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <param name="Passed">Whether the batch satisfies the rule.</param>
/// <param name="Value">The metric; null when there is none.</param>
/// <param name="Message">What was found; empty when it passed.</param>
internal readonly record struct Verdict(bool Passed, double? Value, string Message)
{
    public static Verdict Of(double value, RealComparison comparison, string metric) =>
        comparison.Holds(value)
            ? new Verdict(true, value, "")
            : new Verdict(false, value, string.Create(CultureInfo.InvariantCulture, $"{metric} is {value}"));
}

/// <summary>A rule bound to columns.</summary>
internal abstract class BoundNode
{
    public abstract Verdict Judge(BatchContext batch);
}

/// <summary>A rule with a verdict on each row. The batch passes when all judged rows do, or when the share of those that do satisfies a condition.</summary>
internal abstract class RowNode : BoundNode
{
    /// <summary>A condition on rows passing / rows judged; null: all must pass.</summary>
    public RealComparison? Share { get; init; }

    /// <summary>Sets the verdict on each row, true where the row is not judged, and returns how many are judged.</summary>
    public abstract int Fill(BatchContext batch, Span<bool> pass);

    public sealed override Verdict Judge(BatchContext batch)
    {
        var rented = BatchContext.Rent(batch.RowCount);
        var pass = rented.AsSpan(0, batch.RowCount);
        var verdict = Judge(batch, pass);
        BatchContext.Return(rented);
        return verdict;
    }

    /// <summary>As <see cref="Judge(BatchContext)"/>, leaving the verdicts on rows in <paramref name="pass"/>.</summary>
    public virtual Verdict Judge(BatchContext batch, Span<bool> pass)
    {
        batch.TimedOut = 0;
        var judged = Fill(batch, pass);
        if (judged == 0)
        {
            return new Verdict(true, null, "no rows to judge");
        }

        var failed = pass.Count(false);
        var share = (double)(judged - failed) / judged;
        var passed = Share is null ? failed == 0 : Share.Holds(share);
        return new Verdict(passed, share, passed ? "" : Describe(batch, failed, judged));
    }

    private string Describe(BatchContext batch, int failed, int judged)
    {
        var rows = Share is null
            ? $"{failed} of {judged} rows fail"
            : string.Create(CultureInfo.InvariantCulture, $"{judged - failed} of {judged} rows pass, a share of {(double)(judged - failed) / judged}");
        return batch.TimedOut == 0
            ? rows
            : $"{rows}; the pattern took longer than {RowPattern.TimeoutMs} ms on {batch.TimedOut} values"
                + (batch.TimedOut < PatternTest.TimeoutsMax ? "" : " and was not tried on the rest")
                + ": rewrite it without look-around and back references";
    }
}

/// <summary>Rules about rows joined by and / or, row by row.</summary>
internal sealed class CompositeRow(bool isAnd, RowNode[] operands) : RowNode
{
    public override int Fill(BatchContext batch, Span<bool> pass)
    {
        operands[0].Fill(batch, pass);
        var rented = BatchContext.Rent(pass.Length);
        var other = rented.AsSpan(0, pass.Length);
        foreach (var operand in operands.AsSpan(1))
        {
            operand.Fill(batch, other);
            for (var row = 0; row < pass.Length; row++)
            {
                pass[row] = isAnd ? pass[row] & other[row] : pass[row] | other[row];
            }
        }

        BatchContext.Return(rented);
        return pass.Length;
    }
}

/// <summary>Rules of which at least one judges the batch only: their verdicts on the batch are joined.</summary>
internal sealed class CompositeBatch(bool isAnd, BoundNode[] operands) : BoundNode
{
    public override Verdict Judge(BatchContext batch)
    {
        var passed = 0;
        var messages = new List<string>();
        foreach (var operand in operands)
        {
            var verdict = operand.Judge(batch);
            passed += verdict.Passed ? 1 : 0;
            if (!verdict.Passed)
            {
                messages.Add(verdict.Message);
            }
        }

        var holds = isAnd ? passed == operands.Length : passed > 0;
        return new Verdict(holds, null, holds ? "" : string.Join("; ", messages));
    }
}

/// <summary>A rule about the values of columns, on the rows that its <c>where</c> chooses; the others pass.</summary>
internal abstract class ColumnRow(WhereTest? where) : RowNode
{
    public sealed override int Fill(BatchContext batch, Span<bool> pass)
    {
        Test(batch, pass);
        if (where is null)
        {
            return pass.Length;
        }

        var rented = BatchContext.Rent(pass.Length);
        var judged = rented.AsSpan(0, pass.Length);
        var count = where.Choose(batch, judged);
        for (var row = 0; row < pass.Length; row++)
        {
            pass[row] |= !judged[row];
        }

        BatchContext.Return(rented);
        return count;
    }

    protected abstract void Test(BatchContext batch, Span<bool> pass);
}
