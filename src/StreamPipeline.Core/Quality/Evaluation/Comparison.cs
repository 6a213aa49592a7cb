using System.Globalization;

using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>
/// A condition on integers as an inclusive range or a set, possibly negated. Fractions and bounds beyond 64 bits are resolved here, once, so that
/// comparing a value is exact and costs two comparisons.
/// </summary>
internal sealed record IntegerComparison(long Low, long High, HashSet<long>? Set, bool Negated)
{
    private const decimal Min = long.MinValue;
    private const decimal Max = long.MaxValue;

    public bool Holds(long value) =>
        (Set is null ? value >= Low && value <= High : Set.Contains(value)) != Negated;

    public static IntegerComparison From(ConditionOperator op, IReadOnlyList<decimal> operands)
    {
        if (op is ConditionOperator.In or ConditionOperator.NotIn)
        {
            var set = operands.Where(static v => v == decimal.Truncate(v) && v is >= Min and <= Max).Select(static v => (long)v).ToHashSet();
            return new IntegerComparison(0, 0, set, op == ConditionOperator.NotIn);
        }

        // One beyond 64 bits on either side is as good as any number further out.
        var first = Math.Clamp(operands[0], Min - 1, Max + 1);
        var last = Math.Clamp(operands[^1], Min - 1, Max + 1);
        return op switch
        {
            ConditionOperator.Equal => Range(decimal.Ceiling(first), decimal.Floor(first), negated: false),
            ConditionOperator.NotEqual => Range(decimal.Ceiling(first), decimal.Floor(first), negated: true),
            ConditionOperator.Greater => Range(decimal.Floor(first) + 1, Max, negated: false),
            ConditionOperator.GreaterOrEqual => Range(decimal.Ceiling(first), Max, negated: false),
            ConditionOperator.Less => Range(Min, decimal.Ceiling(first) - 1, negated: false),
            ConditionOperator.LessOrEqual => Range(Min, decimal.Floor(first), negated: false),
            ConditionOperator.Between => Range(decimal.Floor(first) + 1, decimal.Ceiling(last) - 1, negated: false),
            ConditionOperator.NotBetween => Range(decimal.Floor(first) + 1, decimal.Ceiling(last) - 1, negated: true),
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "not a comparison of numbers"),
        };
    }

    private static IntegerComparison Range(decimal low, decimal high, bool negated) =>
        low > high || low > Max || high < Min
            ? new IntegerComparison(1, 0, null, negated)
            : new IntegerComparison((long)Math.Max(low, Min), (long)Math.Min(high, Max), null, negated);
}

/// <summary>The same for doubles; a strict bound is the next double. NaN satisfies only the negated operators.</summary>
internal sealed record RealComparison(double Low, double High, HashSet<double>? Set, bool Negated)
{
    public bool Holds(double value) =>
        (Set is null ? value >= Low && value <= High : Set.Contains(value)) != Negated;

    public static RealComparison From(Condition condition) =>
        From(condition.Operator, [.. condition.Operands.Select(static operand => operand.Number)]);

    public static RealComparison From(ConditionOperator op, IReadOnlyList<decimal> operands)
    {
        if (op is ConditionOperator.In or ConditionOperator.NotIn)
        {
            return new RealComparison(0, 0, operands.Select(Nearest).ToHashSet(), op == ConditionOperator.NotIn);
        }

        var first = Nearest(operands[0]);
        var last = Nearest(operands[^1]);
        const double lowest = double.NegativeInfinity;
        const double highest = double.PositiveInfinity;
        return op switch
        {
            ConditionOperator.Equal => new(first, first, null, false),
            ConditionOperator.NotEqual => new(first, first, null, true),
            ConditionOperator.Greater => new(double.BitIncrement(first), highest, null, false),
            ConditionOperator.GreaterOrEqual => new(first, highest, null, false),
            ConditionOperator.Less => new(lowest, double.BitDecrement(first), null, false),
            ConditionOperator.LessOrEqual => new(lowest, first, null, false),
            ConditionOperator.Between => new(double.BitIncrement(first), double.BitDecrement(last), null, false),
            ConditionOperator.NotBetween => new(double.BitIncrement(first), double.BitDecrement(last), null, true),
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "not a comparison of numbers"),
        };
    }

    /// <summary>By way of the digits: the conversion operator does not always round to the nearest double, a decoder of JSON does.</summary>
    private static double Nearest(decimal value) =>
        double.Parse(value.ToString(CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);
}
