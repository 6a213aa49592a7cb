using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Quality.Language;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Binds rules to the columns of a schema and to reference tables. Null after a problem.</summary>
internal sealed class RuleBinder(ColumnBinder columns, IReadOnlyDictionary<string, ReferenceTable> references, ProblemList problems)
{
    private readonly WhereBinder _where = new(columns, problems);
    private readonly ReferenceBinder _references = new(columns, references, problems);

    public BoundNode? Bind(RuleNode node) => node switch
    {
        CompositeRule composite => BindComposite(composite),
        SimpleRule rule => BindSimple(rule),
        _ => throw new ArgumentOutOfRangeException(nameof(node), node, "not a rule"),
    };

    private BoundNode? BindComposite(CompositeRule composite)
    {
        // All operands are bound before giving up, so that each one's problems are reported.
        var operands = composite.Operands.Select(Bind).ToArray();
        if (Array.Exists(operands, static operand => operand is null))
        {
            return null;
        }

        return composite.IsPureRow
            ? new CompositeRow(composite.IsAnd, [.. operands.Cast<RowNode>()])
            : new CompositeBatch(composite.IsAnd, operands!);
    }

    private BoundNode? BindSimple(SimpleRule rule)
    {
        WhereTest? where = null;
        if (rule.Where is not null && (where = _where.Bind(rule.Where.Root)) is null)
        {
            return null;
        }

        switch (rule.Shape.Name)
        {
            case RuleNames.RowCount:
                return new RowCountNode(where, referenceRows: null, Numbers(rule));
            case RuleNames.ColumnCount:
                return new ConstantNode(Verdict.Of(columns.Schema.FieldsList.Count, Numbers(rule), "the column count"));
            case RuleNames.ColumnExists:
                return new ConstantNode(
                    columns.Exists(rule.Parameters[0]) ? new Verdict(true, 1, "") : new Verdict(false, 0, $"there is no column \"{rule.Parameters[0]}\""));
            case RuleNames.ColumnNamesMatchPattern:
                return BindNames(rule.NamePattern!);
            case RuleNames.SchemaMatch or RuleNames.RowCountMatch or RuleNames.ReferentialIntegrity:
                return _references.Bind(rule, where);
            default:
                return FindAll(rule) is { } found ? BindColumns(rule, found, where) : null;
        }
    }

    private ConstantNode BindNames(RowPattern pattern)
    {
        var names = columns.Schema.FieldsList.Select(static field => field.Name).ToList();
        var others = names.Where(name => !Matches(pattern, name)).ToList();
        var share = names.Count == 0 ? 1 : (double)(names.Count - others.Count) / names.Count;
        var message = others.Count == 0 ? "" : $"{others.Count} of {names.Count} names do not match, the first is \"{others[0]}\"";
        return new ConstantNode(new Verdict(others.Count == 0, share, message));
    }

    private static bool Matches(RowPattern pattern, string name)
    {
        try
        {
            return pattern.IsMatch(name);
        }
        catch (System.Text.RegularExpressions.RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private ColumnPath[]? FindAll(SimpleRule rule)
    {
        var found = rule.Parameters.Select((name, i) => columns.Find(name, rule.ParametersAt[i])).ToArray();
        return Array.Exists(found, static column => column is null) ? null : [.. found.OfType<ColumnPath>()];
    }

    private BoundNode? BindColumns(SimpleRule rule, ColumnPath[] found, WhereTest? where) => rule.Shape.Name switch
    {
        RuleNames.IsComplete => new CompleteRow(found, where),
        RuleNames.Completeness => new CompleteRow(found, where) { Share = Numbers(rule) },
        RuleNames.IsPrimaryKey => Needs(rule, found, IsScalar, "values to compare") ? new PrimaryKeyRow(found, where) : null,
        RuleNames.IsUnique => Distribute(rule, found, where, DistributionMetric.Uniqueness, RealComparison.From(ConditionOperator.Equal, [1])),
        RuleNames.Uniqueness => Distribute(rule, found, where, DistributionMetric.Uniqueness, Numbers(rule)),
        RuleNames.UniqueValueRatio => Distribute(rule, found, where, DistributionMetric.UniqueValueRatio, Numbers(rule)),
        RuleNames.DistinctValuesCount => Distribute(rule, found, where, DistributionMetric.DistinctValuesCount, Numbers(rule)),
        RuleNames.Entropy => Distribute(rule, found, where, DistributionMetric.Entropy, Numbers(rule)),
        RuleNames.Mean => Moment(rule, found, where, MomentMetric.Mean),
        RuleNames.Sum => Moment(rule, found, where, MomentMetric.Sum),
        RuleNames.StandardDeviation => Moment(rule, found, where, MomentMetric.StandardDeviation),
        RuleNames.Variance => Moment(rule, found, where, MomentMetric.Variance),
        RuleNames.ColumnCorrelation => NeedsNumbers(rule, found) ? new CorrelationNode(found[0], found[1], where, Numbers(rule)) : null,
        RuleNames.ColumnLength => BindLength(rule, found[0], where),
        RuleNames.ColumnValues => BindValues(rule, found[0], where),
        RuleNames.ColumnDataType => BindDataType(rule, found[0], where),
        RuleNames.DataFreshness => BindFreshness(rule, found[0], where),
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule.Shape.Name, "not bound to columns"),
    };

    private DistributionNode? Distribute(SimpleRule rule, ColumnPath[] found, WhereTest? where, DistributionMetric metric, RealComparison comparison) =>
        Needs(rule, found, IsScalar, "values to compare") ? new DistributionNode(metric, found, where, comparison) : null;

    private MomentNode? Moment(SimpleRule rule, ColumnPath[] found, WhereTest? where, MomentMetric metric) =>
        NeedsNumbers(rule, found) ? new MomentNode(metric, found[0], where, Numbers(rule)) : null;

    private ValueRow? BindLength(SimpleRule rule, ColumnPath column, WhereTest? where)
    {
        if (!Needs(rule, [column], static column => column.Kind == ColumnKind.Text, "texts"))
        {
            return null;
        }

        // DQDL counts NULL as a text of length 0.
        var comparison = IntegerComparison.From(rule.Condition!.Operator, [.. rule.Condition.Operands.Select(static operand => operand.Number)]);
        return new ValueRow(column, new LengthTest(comparison), nullPasses: comparison.Holds(0), where);
    }

    private ValueRow? BindValues(SimpleRule rule, ColumnPath column, WhereTest? where)
    {
        var condition = rule.Condition!;
        var test = new ValueTestFactory(nowUs: 0, problems).Create(column, condition.Operator, condition.Operands, condition.Pattern);
        if (test is null)
        {
            return null;
        }

        // NULL fails every comparison but != and not in, and those that name NULL do as they say.
        var namesNull = condition.Operands.Any(static operand => operand.Kind == OperandKind.Null);
        var excludes = condition.Operator is ConditionOperator.NotEqual or ConditionOperator.NotIn;
        return new ValueRow(column, test, nullPasses: namesNull != excludes, where)
        {
            Share = rule.Threshold is null ? null : RealComparison.From(rule.Threshold),
            ForNow = condition.UsesNow
                ? nowUs => new ValueTestFactory(nowUs, problems: null).Create(column, condition.Operator, condition.Operands, condition.Pattern)!
                : null,
        };
    }

    private DataTypeRow? BindDataType(SimpleRule rule, ColumnPath column, WhereTest? where)
    {
        var name = rule.Condition!.Operands[0];
        if (!Enum.TryParse<DataTypeName>(name.Text, ignoreCase: true, out var type) || !name.Text.All(char.IsAsciiLetter))
        {
            problems.Add(name.At, $"unknown data type {name}", $"write one of {string.Join(", ", Enum.GetNames<DataTypeName>())}");
            return null;
        }

        return Needs(rule, [column], IsScalar, "single values")
            ? new DataTypeRow(column, type, where) { Share = rule.Threshold is null ? null : RealComparison.From(rule.Threshold) }
            : null;
    }

    private FreshRow? BindFreshness(SimpleRule rule, ColumnPath column, WhereTest? where)
    {
        var condition = rule.Condition!;
        return Needs(rule, [column], static column => column.Kind.IsInstant(), "timestamps or dates")
            ? new FreshRow(column, IntegerComparison.From(condition.Operator, [.. condition.Operands.Select(static operand => (decimal)operand.DurationUs)]), where)
            : null;
    }

    private static RealComparison Numbers(SimpleRule rule) => RealComparison.From(rule.Condition!);

    private static bool IsScalar(ColumnPath column) => column.Kind != ColumnKind.Other;

    private bool NeedsNumbers(SimpleRule rule, ColumnPath[] found) => Needs(rule, found, static column => column.Kind.IsNumeric(), "numbers");

    private bool Needs(SimpleRule rule, ColumnPath[] found, Func<ColumnPath, bool> fits, string what)
    {
        var all = true;
        for (var i = 0; i < found.Length; i++)
        {
            if (!fits(found[i]))
            {
                all = false;
                problems.Add(
                    rule.ParametersAt[i],
                    $"{rule.Shape.Name} needs {what}, but column \"{found[i].Text}\" holds {found[i].Kind.Values()}",
                    "name another column, or use another rule");
            }
        }

        return all;
    }
}
