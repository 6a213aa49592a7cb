using System.Globalization;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>
/// <c>or</c> of <c>and</c> of <c>not</c> of predicates. A predicate compares a column with a literal, a literal with a column or two columns, or is one
/// of: a boolean column, <c>is [not] null</c>, <c>[not] in (…)</c>, <c>[not] between a and b</c> (inclusive), <c>[not] like '…'</c>.
/// </summary>
internal sealed class WhereParser
{
    private const string Usage = "write for instance: where \"delay > 0 and origin = 'SFO'\"";

    /// <summary>Most predicates of one expression: bounds the depth of the tree.</summary>
    private const int PredicatesMax = 1_000;

    private readonly TokenReader _reader;
    private int _predicates;

    private WhereParser(TokenReader reader) => _reader = reader;

    /// <summary>Null after a problem. <paramref name="source"/> is the quoted expression.</summary>
    public static WhereNode? Parse(Token source, ParseProblems problems)
    {
        if (new WhereLexer(source, problems).ReadAll() is not { } tokens)
        {
            return null;
        }

        var parser = new WhereParser(new TokenReader(tokens, problems));
        if (parser.ReadOr(0) is not { } root)
        {
            return null;
        }

        if (parser._reader.Current.Kind == TokenKind.End)
        {
            return root;
        }

        parser.Fail("and, or, or the end of the where expression");
        return null;
    }

    private WhereNode? ReadOr(int depth)
    {
        var left = ReadAnd(depth);
        while (left is not null && TakeKeyword("or"))
        {
            left = ReadAnd(depth) is { } right ? new WhereOr(left, right) : null;
        }

        return left;
    }

    private WhereNode? ReadAnd(int depth)
    {
        var left = ReadNot(depth);
        while (left is not null && TakeKeyword("and"))
        {
            left = ReadNot(depth) is { } right ? new WhereAnd(left, right) : null;
        }

        return left;
    }

    private WhereNode? ReadNot(int depth)
    {
        if (depth > Ruleset.DepthMax)
        {
            _reader.Problems.Add(_reader.Current.At, $"the where expression is nested deeper than {Ruleset.DepthMax}", "use fewer parentheses");
            return null;
        }

        if (TakeKeyword("not"))
        {
            return ReadNot(depth + 1) is { } operand ? new WhereNot(operand) : null;
        }

        if (!_reader.TakeIf("("))
        {
            return ReadPredicate();
        }

        return ReadOr(depth + 1) is { } inner && _reader.Expect(")", "in the where expression", "close the parenthesis") ? inner : null;
    }

    private WhereNode? ReadPredicate()
    {
        if (++_predicates > PredicatesMax)
        {
            _reader.Problems.Add(_reader.Current.At, $"the where expression has more than {PredicatesMax} predicates", "use in (…) for lists of values");
            return null;
        }

        if (!IsColumn)
        {
            // A literal first: turn the comparison round.
            return ReadLiteral() is { } literal && ReadComparison() is { } op && ReadColumn() is { } right
                ? new WhereCompare(right, Mirror(op), [literal])
                : null;
        }

        if (ReadColumn() is not { } column)
        {
            return null;
        }

        if (TakeKeyword("is"))
        {
            var isNot = TakeKeyword("not");
            if (!TakeKeyword("null"))
            {
                Fail("'null' after 'is'");
                return null;
            }

            return Negate(new WhereIsNull(column), isNot);
        }

        var negated = TakeKeyword("not");
        WhereNode? node = TakeKeyword("in") ? ReadIn(column)
            : TakeKeyword("between") ? ReadBetween(column)
            : TakeKeyword("like") ? ReadLike(column)
            : negated ? FailNot()
            : ReadRest(column);
        return node is null ? null : Negate(node, negated);
    }

    private WhereNode? FailNot()
    {
        Fail("in, between or like after 'not'");
        return null;
    }

    /// <summary>A comparison, or nothing: a boolean column by itself.</summary>
    private WhereNode? ReadRest(WhereColumn column)
    {
        var next = _reader.Current;
        if (next.Kind == TokenKind.End || next.Is(")") || IsKeyword(next, "and") || IsKeyword(next, "or"))
        {
            return new WhereCompare(column, ConditionOperator.Equal, [new Operand(OperandKind.Text, column.At, Text: "true")]);
        }

        if (ReadComparison() is not { } op)
        {
            return null;
        }

        if (IsColumn)
        {
            return ReadColumn() is { } other ? new WhereCompareColumns(column, op, other) : null;
        }

        return ReadLiteral() is { } literal ? new WhereCompare(column, op, [literal]) : null;
    }

    private WhereCompare? ReadIn(WhereColumn column)
    {
        if (!_reader.Expect("(", "after 'in'", "write: origin in ('SFO', 'LAX')"))
        {
            return null;
        }

        var literals = new List<Operand>();
        do
        {
            if (ReadLiteral() is not { } literal)
            {
                return null;
            }

            literals.Add(literal);
        }
        while (_reader.TakeIf(","));

        return _reader.Expect(")", "or ',' after a value of the list", "close the list with )") ? new WhereCompare(column, ConditionOperator.In, literals) : null;
    }

    private WhereAnd? ReadBetween(WhereColumn column)
    {
        if (ReadLiteral() is not { } low)
        {
            return null;
        }

        if (!TakeKeyword("and"))
        {
            Fail("'and' after the lower bound of between");
            return null;
        }

        return ReadLiteral() is { } high
            ? new WhereAnd(new WhereCompare(column, ConditionOperator.GreaterOrEqual, [low]), new WhereCompare(column, ConditionOperator.LessOrEqual, [high]))
            : null;
    }

    private WhereLike? ReadLike(WhereColumn column)
    {
        var text = _reader.Current;
        if (text.Kind != TokenKind.Text)
        {
            Fail("a text in single quotes after 'like'");
            return null;
        }

        _reader.Take();
        if (RowPattern.CompileLike(text.Value, out _) is { Backtracks: false } pattern)
        {
            return new WhereLike(column, pattern);
        }

        _reader.Problems.Add(text.At, "the pattern of like is too long", "shorten it");
        return null;
    }

    private bool IsColumn =>
        _reader.Current.Kind == TokenKind.Name && !IsKeyword(_reader.Current, "true") && !IsKeyword(_reader.Current, "false") && !IsKeyword(_reader.Current, "null");

    private WhereColumn? ReadColumn()
    {
        var name = _reader.Current;
        if (!IsColumn || Reserved(name.Value))
        {
            Fail("a column");
            return null;
        }

        _reader.Take();
        return new WhereColumn(name.Value.TrimStart('`'), name.At);
    }

    private static bool Reserved(string name) =>
        name.ToUpperInvariant() is "AND" or "OR" or "NOT" or "IN" or "IS" or "LIKE" or "BETWEEN" or "SELECT" or "CASE" or "EXISTS";

    private Operand? ReadLiteral()
    {
        var at = _reader.Current.At;
        var negative = _reader.TakeIf("-");
        var token = _reader.Current;
        if (token.Kind == TokenKind.Number
            && token.Value.Length <= 29
            && decimal.TryParse(token.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            _reader.Take();
            return new Operand(OperandKind.Number, at, Number: negative ? -number : number);
        }

        if (!negative && (token.Kind == TokenKind.Text || IsKeyword(token, "true") || IsKeyword(token, "false")))
        {
            _reader.Take();
            return new Operand(OperandKind.Text, at, Text: token.Kind == TokenKind.Text ? token.Value : token.Value.ToLowerInvariant());
        }

        if (IsKeyword(token, "null"))
        {
            _reader.Problems.Add(token.At, "a comparison with null is never true", "write: column is null");
            return null;
        }

        Fail("a number or a text in single quotes");
        return null;
    }

    private ConditionOperator? ReadComparison()
    {
        var token = _reader.Current;
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
            _reader.Take();
        }

        return op;
    }

    private static ConditionOperator Mirror(ConditionOperator op) => op switch
    {
        ConditionOperator.Greater => ConditionOperator.Less,
        ConditionOperator.GreaterOrEqual => ConditionOperator.LessOrEqual,
        ConditionOperator.Less => ConditionOperator.Greater,
        ConditionOperator.LessOrEqual => ConditionOperator.GreaterOrEqual,
        _ => op,
    };

    private static WhereNode Negate(WhereNode node, bool negated) => negated ? new WhereNot(node) : node;

    private bool TakeKeyword(string keyword)
    {
        if (!IsKeyword(_reader.Current, keyword))
        {
            return false;
        }

        _reader.Take();
        return true;
    }

    private static bool IsKeyword(Token token, string keyword) =>
        token.Kind == TokenKind.Name && token.Value.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    private void Fail(string expected)
    {
        var found = _reader.Current.Kind == TokenKind.End ? "the end of the where expression" : _reader.Current.ToString();
        _reader.Problems.Add(_reader.Current.At, $"found {found}, expected {expected}", Usage);
    }
}
