using System.Text;

using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Language;

internal enum TokenKind
{
    Name,
    Number,
    Text,
    Symbol,
    End,
}

/// <param name="Kind">What it is.</param>
/// <param name="Value">Name, digits or symbol as written; a text without its quotes.</param>
/// <param name="At">Where it starts.</param>
internal readonly record struct Token(TokenKind Kind, string Value, Location At)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Value == symbol;

    public bool IsName(string name) => Kind == TokenKind.Name && Value == name;

    /// <summary>For error messages, shortened.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the file",
        TokenKind.Text => Operand.Quote(Short(Value)),
        _ => $"'{Short(Value)}'",
    };

    private static string Short(string value) => value.Length <= 40 ? value : string.Concat(value.AsSpan(0, 40), "…");
}

/// <summary>Cuts a DQDL text into tokens. Comments run from <c>#</c> to the end of the line.</summary>
internal sealed class Lexer(string text, string fileName, ParseProblems problems)
{
    private int _position;
    private int _line = 1;
    private int _lineStart;

    public List<Token> ReadAll()
    {
        var tokens = new List<Token>();
        while (true)
        {
            SkipBlanks();
            if (_position >= text.Length)
            {
                tokens.Add(new Token(TokenKind.End, "", Here));
                return tokens;
            }

            if (Next() is { } token)
            {
                tokens.Add(token);
            }
        }
    }

    private Location Here => new(fileName, _line, _position - _lineStart + 1);

    private void SkipBlanks()
    {
        for (; _position < text.Length; _position++)
        {
            var c = text[_position];
            if (c == '\n')
            {
                _line++;
                _lineStart = _position + 1;
            }
            else if (c == '#')
            {
                while (_position + 1 < text.Length && text[_position + 1] != '\n')
                {
                    _position++;
                }
            }
            else if (c is not (' ' or '\t' or '\r' or '\uFEFF'))
            {
                return;
            }
        }
    }

    private Token? Next()
    {
        var at = Here;
        var c = text[_position];
        if (c == '"')
        {
            return ReadText(at);
        }

        if (char.IsAsciiDigit(c))
        {
            return new Token(TokenKind.Number, Take(static c => char.IsAsciiDigit(c) || c == '.'), at);
        }

        if (char.IsAsciiLetter(c) || c == '_')
        {
            return new Token(TokenKind.Name, Take(static c => char.IsAsciiLetterOrDigit(c) || c == '_'), at);
        }

        var two = _position + 1 < text.Length ? text.AsSpan(_position, 2) : [];
        if (two is "!=" or ">=" or "<=")
        {
            _position += 2;
            return new Token(TokenKind.Symbol, two.ToString(), at);
        }

        _position++;
        if ("=<>[](){},+-*/:".Contains(c, StringComparison.Ordinal))
        {
            return new Token(TokenKind.Symbol, c.ToString(), at);
        }

        if (c is '\'' or '“' or '”')
        {
            return ReadMisquoted(at);
        }

        problems.Add(at, $"found {Show(c)}, which is no part of DQDL", "remove it");
        return null;
    }

    /// <summary>Takes what is between the wrong quotes for a text, so that only the quotes are reported.</summary>
    private Token ReadMisquoted(Location at)
    {
        var value = Take(static c => c is not ('\'' or '“' or '”' or '"' or '\n' or ',' or ']'));
        _position += _position < text.Length && text[_position] is ('\'' or '“' or '”') ? 1 : 0;
        problems.Add(at, "found a text in other than straight double quotes", $"write: {Operand.Quote(value)}");
        return new Token(TokenKind.Text, value, at);
    }

    private static string Show(char c) => char.IsControl(c) || char.IsSurrogate(c) ? $"character U+{(int)c:X4}" : $"'{c}'";

    private string Take(Func<char, bool> belongs)
    {
        var start = _position;
        while (_position < text.Length && belongs(text[_position]))
        {
            _position++;
        }

        return text[start.._position];
    }

    private Token ReadText(Location at)
    {
        var value = new StringBuilder();
        for (_position++; _position < text.Length && text[_position] != '\n'; _position++)
        {
            var c = text[_position];
            if (c == '"')
            {
                _position++;
                return new Token(TokenKind.Text, value.ToString(), at);
            }

            var escaped = c == '\\' && _position + 1 < text.Length ? text[_position + 1] : '\0';
            if (escaped == '"')
            {
                c = '"';
                _position++;
            }
            else if (escaped == '\\')
            {
                // Both stay, since a regex needs them, but the second one cannot escape a quote.
                value.Append(c);
                _position++;
            }

            value.Append(c);
        }

        problems.Add(at, "a quoted text does not end on its line", "close it with \"; a quote within it is written \\\"");
        return new Token(TokenKind.Text, value.ToString(), at);
    }
}
