using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Fits a condition to the type of a column.</summary>
/// <param name="nowUs">What <c>now()</c> is, microseconds since the epoch.</param>
/// <param name="problems">Told of operands that do not fit the column; null when the condition is known to fit.</param>
internal sealed class ValueTestFactory(long nowUs, ProblemList? problems)
{
    /// <summary>Null after a problem. NULL operands are the caller's: they say nothing about values.</summary>
    public ValueTest? Create(ColumnPath column, ConditionOperator op, IReadOnlyList<Operand> operands, RowPattern? pattern)
    {
        var about = operands.Where(static operand => operand.Kind != OperandKind.Null).ToList();
        var negated = op is ConditionOperator.NotEqual or ConditionOperator.NotIn or ConditionOperator.NotMatches;
        if (about.Count == 0)
        {
            return new ConstantTest(negated);
        }

        if (pattern is not null)
        {
            return column.Kind == ColumnKind.Text ? new PatternTest(pattern, negated) : Fail(column, about[0], "a pattern matches texts only");
        }

        return column.Kind switch
        {
            ColumnKind.Integer => Numbers(column, about) is { } numbers ? new IntegerTest(IntegerComparison.From(op, numbers)) : null,
            ColumnKind.Number => Numbers(column, about) is { } numbers ? new RealTest(RealComparison.From(op, numbers)) : null,
            ColumnKind.Timestamp => Instants(column, about) is { } instants ? new IntegerTest(IntegerComparison.From(op, instants)) : null,
            ColumnKind.Date => Instants(column, about) is { } instants ? new DateTest(IntegerComparison.From(op, instants)) : null,
            ColumnKind.Boolean => Booleans(column, op, about, negated),
            ColumnKind.Text => Texts(column, op, about, negated),
            _ => Fail(column, about[0], "its values cannot be compared; name a field within it"),
        };
    }

    private List<decimal>? Numbers(ColumnPath column, List<Operand> operands)
    {
        foreach (var operand in operands)
        {
            if (operand.Kind != OperandKind.Number)
            {
                Fail(column, operand, "compare it with numbers");
                return null;
            }
        }

        return [.. operands.Select(static operand => operand.Number)];
    }

    private List<decimal>? Instants(ColumnPath column, List<Operand> operands)
    {
        var instants = new List<decimal>();
        foreach (var operand in operands)
        {
            var us = 0L;
            if (operand.Kind == OperandKind.Now)
            {
                us = nowUs + operand.DurationUs;
            }
            else if (operand.Kind != OperandKind.Text || !Instant.TryParse(operand.Text, out us))
            {
                Fail(column, operand, $"compare it with a date such as {Instant.Usage}, or with (now() - 3 days)");
                return null;
            }

            instants.Add(us);
        }

        return instants;
    }

    private BooleanTest? Booleans(ColumnPath column, ConditionOperator op, List<Operand> operands, bool negated)
    {
        var (hasTrue, hasFalse) = (false, false);
        foreach (var operand in operands)
        {
            if (operand.Kind != OperandKind.Text || operand.Text is not ("true" or "false") || !IsMembership(op))
            {
                Fail(column, operand, "compare it by =, !=, in or not in with \"true\" or \"false\"");
                return null;
            }

            hasTrue |= operand.Text == "true";
            hasFalse |= operand.Text == "false";
        }

        return new BooleanTest(hasTrue != negated, hasFalse != negated);
    }

    private ValueTest? Texts(ColumnPath column, ConditionOperator op, List<Operand> operands, bool negated)
    {
        foreach (var operand in operands)
        {
            if (operand.Kind is not (OperandKind.Text or OperandKind.Empty or OperandKind.WhitespacesOnly))
            {
                return Fail(column, operand, "compare it with texts in quotes");
            }
        }

        if (!IsMembership(op))
        {
            return Fail(column, operands[0], "DQDL does not order texts: use =, !=, in, not in, matches or not matches");
        }

        return new TextTest(
            operands.Where(static operand => operand.Kind == OperandKind.Text).Select(static operand => operand.Text),
            operands.Any(static operand => operand.Kind == OperandKind.Empty),
            operands.Any(static operand => operand.Kind == OperandKind.WhitespacesOnly),
            negated);
    }

    private static bool IsMembership(ConditionOperator op) =>
        op is ConditionOperator.Equal or ConditionOperator.NotEqual or ConditionOperator.In or ConditionOperator.NotIn;

    private ValueTest? Fail(ColumnPath column, Operand operand, string fix)
    {
        problems?.Add(operand.At, $"column \"{column.Text}\" holds {column.Kind.Values()} and cannot be compared with {operand} here", fix);
        return null;
    }
}
