using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Binds a <c>where</c> expression to columns. Null after a problem.</summary>
internal sealed class WhereBinder(ColumnBinder columns, ProblemList problems)
{
    private readonly ValueTestFactory _tests = new(nowUs: 0, problems);

    public WhereTest? Bind(WhereNode node) => node switch
    {
        WhereAnd and => Join(isAnd: true, Bind(and.Left), Bind(and.Right)),
        WhereOr or => Join(isAnd: false, Bind(or.Left), Bind(or.Right)),
        WhereNot not => Bind(not.Operand) is { } operand ? new WhereComplement(operand) : null,
        WhereIsNull isNull => Find(isNull.Column) is { } column ? new WhereMissing(column) : null,
        WhereLike like => BindLike(like),
        WhereCompareColumns pair => BindColumns(pair),
        WhereCompare compare => BindCompare(compare),
        _ => throw new ArgumentOutOfRangeException(nameof(node), node, "not a node of a where expression"),
    };

    private static WhereJoin? Join(bool isAnd, WhereTest? left, WhereTest? right) =>
        left is not null && right is not null ? new WhereJoin(isAnd, left, right) : null;

    private ColumnPath? Find(WhereColumn column) => columns.Find(column.Name, column.At);

    private WhereValue? BindLike(WhereLike like)
    {
        if (Find(like.Column) is not { } column)
        {
            return null;
        }

        if (column.Kind == ColumnKind.Text)
        {
            return new WhereValue(column, new PatternTest(like.Pattern, negated: false));
        }

        problems.Add(like.Column.At, $"column \"{column.Text}\" holds {column.Kind.Values()}, but like needs texts", "compare it with =, <, > or between");
        return null;
    }

    private WhereValue? BindCompare(WhereCompare compare)
    {
        if (Find(compare.Column) is not { } column)
        {
            return null;
        }

        // Other than DQDL, SQL orders texts.
        var orders = compare.Operator is ConditionOperator.Greater or ConditionOperator.GreaterOrEqual or ConditionOperator.Less or ConditionOperator.LessOrEqual;
        var test = orders && column.Kind == ColumnKind.Text && compare.Literals[0].Kind == OperandKind.Text
            ? new TextOrderTest(compare.Operator, compare.Literals[0].Text)
            : _tests.Create(column, compare.Operator, compare.Literals, pattern: null);
        return test is null ? null : new WhereValue(column, test);
    }

    private WhereColumns? BindColumns(WhereCompareColumns pair)
    {
        if (Find(pair.Left) is not { } left || Find(pair.Right) is not { } right)
        {
            return null;
        }

        var compares = left.Kind != ColumnKind.Other
            && (left.Kind == right.Kind || (left.Kind.IsNumeric() && right.Kind.IsNumeric()) || (left.Kind.IsInstant() && right.Kind.IsInstant()));
        if (compares)
        {
            return new WhereColumns(left, pair.Operator, right);
        }

        problems.Add(
            pair.Left.At,
            $"column \"{left.Text}\" holds {left.Kind.Values()} and \"{right.Text}\" {right.Kind.Values()}: they cannot be compared",
            "compare columns of the same type");
        return null;
    }
}
