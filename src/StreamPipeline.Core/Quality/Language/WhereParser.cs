namespace StreamPipeline.Core.Quality.Language;

/// <summary>
/// <c>or</c> of <c>and</c> of <c>not</c> of predicates. A predicate compares a column with a literal, a literal with a column or two columns, or is one
/// of: a boolean column, <c>is [not] null</c>, <c>[not] in (…)</c>, <c>[not] between a and b</c> (inclusive), <c>[not] like '…'</c>.
/// </summary>
internal sealed class WhereParser
{
    /// <summary>Most predicates of one expression: bounds the depth of the tree.</summary>
    private const int PredicatesMax = 1_000;

    private readonly TokenReader _reader;
    private readonly WhereTerms _terms;
    private int _predicates;

    private WhereParser(TokenReader reader)
    {
        _reader = reader;
        _terms = new WhereTerms(reader);
    }

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

        parser._terms.Fail("and, or, or the end of the where expression");
        return null;
    }

    private WhereNode? ReadOr(int depth)
    {
        var left = ReadAnd(depth);
        while (left is not null && _terms.TakeKeyword("or"))
        {
            left = ReadAnd(depth) is { } right ? new WhereOr(left, right) : null;
        }

        return left;
    }

    private WhereNode? ReadAnd(int depth)
    {
        var left = ReadNot(depth);
        while (left is not null && _terms.TakeKeyword("and"))
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

        if (_terms.TakeKeyword("not"))
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

        if (!_terms.IsColumn)
        {
            // A literal first: turn the comparison round.
            return _terms.ReadLiteral() is { } literal && _terms.ReadComparison() is { } op && _terms.ReadColumn() is { } right
                ? new WhereCompare(right, WhereTerms.Mirror(op), [literal])
                : null;
        }

        if (_terms.ReadColumn() is not { } column)
        {
            return null;
        }

        if (_terms.TakeKeyword("is"))
        {
            var isNot = _terms.TakeKeyword("not");
            if (!_terms.TakeKeyword("null"))
            {
                _terms.Fail("'null' after 'is'");
                return null;
            }

            return Negate(new WhereIsNull(column), isNot);
        }

        var negated = _terms.TakeKeyword("not");
        WhereNode? node = _terms.TakeKeyword("in") ? ReadIn(column)
            : _terms.TakeKeyword("between") ? ReadBetween(column)
            : _terms.TakeKeyword("like") ? ReadLike(column)
            : negated ? FailNot()
            : ReadRest(column);
        return node is null ? null : Negate(node, negated);
    }

    private WhereNode? FailNot()
    {
        _terms.Fail("in, between or like after 'not'");
        return null;
    }

    /// <summary>A comparison, or nothing: a boolean column by itself.</summary>
    private WhereNode? ReadRest(WhereColumn column)
    {
        var next = _reader.Current;
        if (next.Kind == TokenKind.End || next.Is(")") || WhereTerms.IsKeyword(next, "and") || WhereTerms.IsKeyword(next, "or"))
        {
            return new WhereCompare(column, ConditionOperator.Equal, [new Operand(OperandKind.Text, column.At, Text: "true")]);
        }

        if (_terms.ReadComparison() is not { } op)
        {
            return null;
        }

        if (_terms.IsColumn)
        {
            return _terms.ReadColumn() is { } other ? new WhereCompareColumns(column, op, other) : null;
        }

        return _terms.ReadLiteral() is { } literal ? new WhereCompare(column, op, [literal]) : null;
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
            if (_terms.ReadLiteral() is not { } literal)
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
        if (_terms.ReadLiteral() is not { } low)
        {
            return null;
        }

        if (!_terms.TakeKeyword("and"))
        {
            _terms.Fail("'and' after the lower bound of between");
            return null;
        }

        return _terms.ReadLiteral() is { } high
            ? new WhereAnd(new WhereCompare(column, ConditionOperator.GreaterOrEqual, [low]), new WhereCompare(column, ConditionOperator.LessOrEqual, [high]))
            : null;
    }

    private WhereLike? ReadLike(WhereColumn column)
    {
        var text = _reader.Current;
        if (text.Kind != TokenKind.Text)
        {
            _terms.Fail("a text in single quotes after 'like'");
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

    private static WhereNode Negate(WhereNode node, bool negated) => negated ? new WhereNot(node) : node;
}
