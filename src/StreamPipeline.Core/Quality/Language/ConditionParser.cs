namespace StreamPipeline.Core.Quality.Language;

/// <summary>Reads an operator and its operands, and checks that they are of the kind that the rule type compares.</summary>
internal sealed class ConditionParser(TokenReader reader)
{
    /// <summary>Most values of an <c>in</c> list.</summary>
    public const int ValuesMax = 10_000;

    private readonly OperandParser _operands = new(reader);

    /// <summary>Whether the current token starts a condition.</summary>
    public bool Starts =>
        reader.Current.Kind == TokenKind.Symbol
            ? reader.Current.Value is "=" or "!=" or ">" or ">=" or "<" or "<="
            : reader.Current.Kind == TokenKind.Name && reader.Current.Value is "between" or "not" or "in" or "matches";

    /// <summary>Null after a problem.</summary>
    public Condition? Read(ConditionKind kind, string usage)
    {
        var found = reader.Current;
        if (ReadOperator() is not { } op)
        {
            reader.Fail(found, "an operator: =, !=, >, >=, <, <=, between, not between, in, not in, matches or not matches", $"write: {usage}");
            return null;
        }

        if (!Allows(kind, op))
        {
            reader.Problems.Add(found.At, $"operator {found} does not apply here", $"write: {usage}");
            return null;
        }

        return op switch
        {
            ConditionOperator.Between or ConditionOperator.NotBetween => ReadBetween(op, kind, usage, found),
            ConditionOperator.In or ConditionOperator.NotIn => ReadList(op, kind, usage, found),
            ConditionOperator.Matches or ConditionOperator.NotMatches => ReadPattern(op, found),
            _ => _operands.Read(kind, usage, inComparison: op is not (ConditionOperator.Equal or ConditionOperator.NotEqual)) is { } operand
                ? new Condition(op, [operand], found.At)
                : null,
        };
    }

    private ConditionOperator? ReadOperator()
    {
        if (!Starts)
        {
            return null;
        }

        var token = reader.Take();
        return token.Value switch
        {
            "=" => ConditionOperator.Equal,
            "!=" => ConditionOperator.NotEqual,
            ">" => ConditionOperator.Greater,
            ">=" => ConditionOperator.GreaterOrEqual,
            "<" => ConditionOperator.Less,
            "<=" => ConditionOperator.LessOrEqual,
            "between" => ConditionOperator.Between,
            "in" => ConditionOperator.In,
            "matches" => ConditionOperator.Matches,
            _ => reader.TakeName("between") ? ConditionOperator.NotBetween
                : reader.TakeName("in") ? ConditionOperator.NotIn
                : reader.TakeName("matches") ? ConditionOperator.NotMatches
                : null,
        };
    }

    private static bool Allows(ConditionKind kind, ConditionOperator op) => kind switch
    {
        ConditionKind.TypeName => op == ConditionOperator.Equal,
        ConditionKind.Values => true,
        ConditionKind.Duration => op is not (ConditionOperator.Matches or ConditionOperator.NotMatches or ConditionOperator.In or ConditionOperator.NotIn),
        _ => op is not (ConditionOperator.Matches or ConditionOperator.NotMatches),
    };

    private Condition? ReadBetween(ConditionOperator op, ConditionKind kind, string usage, Token at)
    {
        if (_operands.Read(kind, usage, inComparison: true) is not { } low)
        {
            return null;
        }

        if (!reader.TakeName("and") && !reader.TakeName("AND"))
        {
            reader.Fail($"'and' after the lower bound {low}", "write: between 0 and 10");
            return null;
        }

        if (_operands.Read(kind, usage, inComparison: true) is not { } high)
        {
            return null;
        }

        var reversed = low.Kind == high.Kind && (low.Kind == OperandKind.Number ? low.Number > high.Number : low.DurationUs > high.DurationUs);
        if (reversed)
        {
            reader.Problems.Add(low.At, $"the lower bound {low} of between is above the upper bound {high}", $"write: between {high} and {low}");
            return null;
        }

        return new Condition(op, [low, high], at.At);
    }

    private Condition? ReadList(ConditionOperator op, ConditionKind kind, string usage, Token at)
    {
        if (!reader.Expect("[", "after 'in'", "write the values as a list: in [\"A\", \"B\"]"))
        {
            return null;
        }

        var values = new List<Operand>();
        do
        {
            if (_operands.Read(kind, usage, inComparison: false) is not { } value)
            {
                return null;
            }

            values.Add(value);
        }
        while (reader.TakeIf(","));

        if (values.Count > ValuesMax)
        {
            reader.Problems.Add(at.At, $"the list has {values.Count} values, at most {ValuesMax} are allowed", "use ReferentialIntegrity with a reference table");
            return null;
        }

        return reader.Expect("]", "or ',' after a value of the list", "separate values by commas and close the list with ]") ? new Condition(op, values, at.At) : null;
    }

    private Condition? ReadPattern(ConditionOperator op, Token at)
    {
        var text = reader.Current;
        if (text.Kind != TokenKind.Text)
        {
            reader.Fail("a pattern in double quotes after 'matches'", "write: matches \"[A-Z]{3}\"");
            return null;
        }

        reader.Take();
        if (RowPattern.Compile(text.Value, out var error) is not { } pattern)
        {
            reader.Problems.Add(text.At, $"the pattern is not a valid regular expression: {error}", "mend the pattern");
            return null;
        }

        return new Condition(op, [new Operand(OperandKind.Text, text.At, Text: text.Value)], at.At) { Pattern = pattern };
    }
}
