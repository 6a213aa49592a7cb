namespace StreamPipeline.Core.Quality.Language;

/// <summary>Walks over tokens and words the error when one is not what the grammar asks for.</summary>
internal sealed class TokenReader(List<Token> tokens, ParseProblems problems)
{
    private int _index;

    public Token Current => tokens[_index];

    public Token Following => tokens[Math.Min(_index + 1, tokens.Count - 1)];

    public ParseProblems Problems => problems;

    public Token Take() => tokens[_index < tokens.Count - 1 ? _index++ : _index];

    public bool TakeIf(string symbol)
    {
        if (!Current.Is(symbol))
        {
            return false;
        }

        Take();
        return true;
    }

    public bool TakeName(string name)
    {
        if (!Current.IsName(name))
        {
            return false;
        }

        Take();
        return true;
    }

    /// <summary>False, with the problem added, when the current token is not the symbol.</summary>
    public bool Expect(string symbol, string after, string fix)
    {
        if (TakeIf(symbol))
        {
            return true;
        }

        Fail($"'{symbol}' {after}", fix);
        return false;
    }

    public void Fail(string expected, string fix) => Fail(Current, expected, fix);

    public void Fail(Token found, string expected, string fix) => problems.Add(found.At, $"found {found}, expected {expected}", fix);

    /// <summary>Skips a bracketed value: the part of a document that is not supported.</summary>
    public void SkipBrackets()
    {
        var depth = 0;
        do
        {
            var token = Take();
            depth += token.Is("[") || token.Is("{") || token.Is("(") ? 1 : token.Is("]") || token.Is("}") || token.Is(")") ? -1 : 0;
        }
        while (depth > 0 && Current.Kind != TokenKind.End);
    }

    /// <summary>
    /// After a mistake: moves on to the comma that ends the rule, or to the bracket that ends the rules. A comma before the name of a rule type or an
    /// opening parenthesis ends the rule even when its own brackets are not balanced.
    /// </summary>
    public void SkipToNextRule(int ruleStart)
    {
        var depth = 0;
        for (var i = ruleStart; i < _index; i++)
        {
            depth += Depth(tokens[i]);
        }

        for (; Current.Kind != TokenKind.End; Take())
        {
            var isType = RuleShape.All.ContainsKey(Following.Value) || RuleShape.NotSupported.Contains(Following.Value);
            var startsRule = Following.Is("(") || (Following.Kind == TokenKind.Name && isType);
            if (Current.Is(",") && (depth <= 0 || startsRule))
            {
                return;
            }

            if (Current.Is("]") && (depth <= 0 || Following.Kind == TokenKind.End))
            {
                return;
            }

            depth += Depth(Current);
        }
    }

    public int Index => _index;

    private static int Depth(Token token) => token.Is("(") || token.Is("[") ? 1 : token.Is(")") || token.Is("]") ? -1 : 0;
}
