using System.Globalization;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>The terms of a <c>where</c> expression: columns, literals, keywords and comparison operators.</summary>
internal sealed class WhereTerms(TokenReader reader)
{
    private const string Usage = "write for instance: where \"delay > 0 and origin = 'SFO'\"";

    public bool IsColumn =>
        reader.Current.Kind == TokenKind.Name && !IsKeyword(reader.Current, "true") && !IsKeyword(reader.Current, "false") && !IsKeyword(reader.Current, "null");

    public WhereColumn? ReadColumn()
    {
        var name = reader.Current;
        if (!IsColumn || Reserved(name.Value))
        {
            Fail("a column");
            return null;
        }

        reader.Take();
        return new WhereColumn(name.Value.TrimStart('`'), name.At);
    }

    private static bool Reserved(string name) =>
        name.ToUpperInvariant() is "AND" or "OR" or "NOT" or "IN" or "IS" or "LIKE" or "BETWEEN" or "SELECT" or "CASE" or "EXISTS";

    public Operand? ReadLiteral()
    {
        var at = reader.Current.At;
        var negative = reader.TakeIf("-");
        var token = reader.Current;
        if (token.Kind == TokenKind.Number
            && token.Value.Length <= 29
            && decimal.TryParse(token.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            reader.Take();
            return new Operand(OperandKind.Number, at, Number: negative ? -number : number);
        }

        if (!negative && (token.Kind == TokenKind.Text || IsKeyword(token, "true") || IsKeyword(token, "false")))
        {
            reader.Take();
            return new Operand(OperandKind.Text, at, Text: token.Kind == TokenKind.Text ? token.Value : token.Value.ToLowerInvariant());
        }

        if (IsKeyword(token, "null"))
        {
            reader.Problems.Add(token.At, "a comparison with null is never true", "write: column is null");
            return null;
        }

        Fail("a number or a text in single quotes");
        return null;
    }

    public ConditionOperator? ReadComparison()
    {
        var token = reader.Current;
        ConditionOperator? op = token.Kind != TokenKind.Symbol ? null : token.Value switch
        {
            "=" => ConditionOperator.Equal,
            "!=" or "<>" => ConditionOperator.NotEqual,
            ">" => ConditionOperator.Greater,
            ">=" => ConditionOperator.GreaterOrEqual,
            "<" => ConditionOperator.Less,
            "<=" => ConditionOperator.LessOrEqual,
            _ => null,
        };
        if (op is null)
        {
            Fail(token.Is("(") ? "an operator: functions are not supported" : "an operator");
        }
        else
        {
            reader.Take();
        }

        return op;
    }

    public static ConditionOperator Mirror(ConditionOperator op) => op switch
    {
        ConditionOperator.Greater => ConditionOperator.Less,
        ConditionOperator.GreaterOrEqual => ConditionOperator.LessOrEqual,
        ConditionOperator.Less => ConditionOperator.Greater,
        ConditionOperator.LessOrEqual => ConditionOperator.GreaterOrEqual,
        _ => op,
    };

    public bool TakeKeyword(string keyword)
    {
        if (!IsKeyword(reader.Current, keyword))
        {
            return false;
        }

        reader.Take();
        return true;
    }

    public static bool IsKeyword(Token token, string keyword) =>
        token.Kind == TokenKind.Name && token.Value.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    public void Fail(string expected)
    {
        var found = reader.Current.Kind == TokenKind.End ? "the end of the where expression" : reader.Current.ToString();
        reader.Problems.Add(reader.Current.At, $"found {found}, expected {expected}", Usage);
    }
}
