using StreamPipeline.Core.Configuration;
namespace StreamPipeline.Core.Quality.Language;

/// <summary><c>Type "parameter"* condition? where "…"? with threshold condition?</c></summary>
internal sealed class SimpleRuleParser(TokenReader reader)
{
    private readonly ConditionParser _conditions = new(reader);

    /// <summary>Null after a problem.</summary>
    public SimpleRule? Read()
    {
        var name = reader.Current;
        if (ReadShape() is not { } shape || ReadParameters(shape, name) is not { } parameters)
        {
            return null;
        }

        Condition? condition = null;
        if (shape.Condition != ConditionKind.None && (condition = _conditions.Read(shape.Condition, shape.Usage)) is null)
        {
            return null;
        }

        if (shape.Condition == ConditionKind.None && _conditions.Starts)
        {
            reader.Problems.Add(reader.Current.At, $"found {reader.Current}, but {shape.Name} takes no condition", $"write: {shape.Usage}");
            return null;
        }

        WhereClause? where = null;
        if (reader.Current.IsName("where") && (where = ReadWhere(shape)) is null)
        {
            return null;
        }

        Condition? threshold = null;
        if (reader.Current.IsName("with") && (threshold = ReadThreshold(shape)) is null)
        {
            return null;
        }

        var rule = new SimpleRule(
            shape, [.. parameters.Select(static p => p.Value)], [.. parameters.Select(static p => p.At)], condition, where, threshold, name.At);
        return shape.Name == RuleNames.ColumnNamesMatchPattern ? WithPattern(rule) : rule;
    }

    private RuleShape? ReadShape()
    {
        var name = reader.Current;
        if (name.Kind != TokenKind.Name)
        {
            reader.Fail("a rule type", "start a rule with its type, such as: IsComplete \"column\"");
            return null;
        }

        if (RuleShape.All.TryGetValue(name.Value, out var shape))
        {
            reader.Take();
            return shape;
        }

        if (RuleShape.NotSupported.Contains(name.Value))
        {
            reader.Problems.Add(name.At, $"rule type {name.Value} is not supported", "remove the rule; supported are " + Names());
            return null;
        }

        var near = NearestName.Of(name.Value, RuleShape.All.Keys.Concat(RuleShape.NotSupported));
        reader.Problems.Add(name.At, $"unknown rule type {name}", (near is null ? "" : $"did you mean {near}? ") + "Rule types are " + Names());
        return null;
    }

    private static string Names() => string.Join(", ", RuleShape.All.Keys.Order(StringComparer.Ordinal));

    private List<Token>? ReadParameters(RuleShape shape, Token name)
    {
        var parameters = new List<Token>();
        while (reader.Current.Kind == TokenKind.Text)
        {
            parameters.Add(reader.Take());
        }

        if (parameters.Count < shape.ParametersMin && reader.Current.Kind == TokenKind.Name && !_conditions.Starts)
        {
            reader.Fail("a column name in double quotes", $"write: {shape.Usage}");
            return null;
        }

        if (parameters.Count >= shape.ParametersMin && parameters.Count <= shape.ParametersMax)
        {
            return parameters;
        }

        var range = shape.ParametersMin == shape.ParametersMax ? $"{shape.ParametersMin}" : $"{shape.ParametersMin} to {shape.ParametersMax}";
        reader.Problems.Add(name.At, $"{shape.Name} takes {range} quoted parameter(s), found {parameters.Count}", $"write: {shape.Usage}");
        return null;
    }

    private WhereClause? ReadWhere(RuleShape shape)
    {
        var keyword = reader.Take();
        if (!shape.AllowsWhere)
        {
            reader.Problems.Add(keyword.At, $"{shape.Name} judges the batch as a whole: 'where' is not allowed on it", "remove 'where'");
            return null;
        }

        var text = reader.Current;
        if (text.Kind != TokenKind.Text)
        {
            reader.Fail("an expression in double quotes after 'where'", "write: where \"delay > 0 and origin = 'SFO'\"");
            return null;
        }

        reader.Take();
        return WhereParser.Parse(text, reader.Problems) is { } root ? new WhereClause(text.Value, root) : null;
    }

    private Condition? ReadThreshold(RuleShape shape)
    {
        var keyword = reader.Take();
        if (!reader.TakeName("threshold"))
        {
            reader.Fail("'threshold' after 'with'", "write: with threshold > 0.98");
            return null;
        }

        if (!shape.AllowsThreshold)
        {
            reader.Problems.Add(
                keyword.At, $"DQDL does not allow 'with threshold' on {shape.Name}", "use it on ColumnValues or ColumnDataType, or remove it");
            return null;
        }

        return _conditions.Read(ConditionKind.Number, "with threshold > 0.98");
    }

    private SimpleRule? WithPattern(SimpleRule rule)
    {
        if (RowPattern.Compile(rule.Parameters[0], out var error) is { } pattern)
        {
            return rule with { NamePattern = pattern };
        }

        reader.Problems.Add(rule.ParametersAt[0], $"the pattern is not a valid regular expression: {error}", "mend the pattern");
        return null;
    }
}
