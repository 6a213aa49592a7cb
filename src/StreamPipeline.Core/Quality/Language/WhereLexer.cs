using System.Text;

using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>
/// Cuts the expression of a <c>where</c> into tokens: Name (columns, keywords; a column in backticks keeps its spelling), Number, Text (single-quoted),
/// Symbol, End.
/// </summary>
internal sealed class WhereLexer(Token source, ParseProblems problems)
{
    private readonly string _text = source.Value;
    private int _position;
    private int _quotes;
    private int _quotesUpTo;

    /// <summary>Null after a problem.</summary>
    public List<Token>? ReadAll()
    {
        var tokens = new List<Token>();
        while (true)
        {
            while (_position < _text.Length && _text[_position] is ' ' or '\t')
            {
                _position++;
            }

            if (_position >= _text.Length)
            {
                tokens.Add(new Token(TokenKind.End, "", At(_position)));
                return tokens;
            }

            if (Next() is not { } token)
            {
                return null;
            }

            tokens.Add(token);
        }
    }

    /// <summary>Where an index of the unquoted expression stands in the file: a quote within it took two characters there.</summary>
    private Location At(int index)
    {
        // Indices only grow, so each character is looked at once.
        _quotes += _text.AsSpan(_quotesUpTo, index - _quotesUpTo).Count('"');
        _quotesUpTo = index;
        return source.At with { Column = source.At.Column + 1 + index + _quotes };
    }

    private Token? Next()
    {
        var at = At(_position);
        var c = _text[_position];
        if (c is '\'' or '`')
        {
            return ReadQuoted(c, at);
        }

        var start = _position;
        if (char.IsAsciiDigit(c))
        {
            SkipWhile(static c => char.IsAsciiDigit(c) || c == '.');
            return new Token(TokenKind.Number, _text[start.._position], at);
        }

        if (char.IsLetter(c) || c == '_')
        {
            SkipWhile(static c => char.IsLetterOrDigit(c) || c is '_' or '.');
            return new Token(TokenKind.Name, _text[start.._position], at);
        }

        var two = _position + 1 < _text.Length ? _text.AsSpan(_position, 2) : [];
        var length = two is "!=" or "<>" or ">=" or "<=" ? 2 : "=<>(),-".Contains(c, StringComparison.Ordinal) ? 1 : 0;
        if (length == 0)
        {
            problems.Add(
                at,
                $"found '{(char.IsControl(c) ? '?' : c)}' in the where expression",
                "use columns, numbers, 'texts', comparisons, and, or, not, is null, in, between and like");
            return null;
        }

        _position += length;
        return new Token(TokenKind.Symbol, _text[start.._position], at);
    }

    private void SkipWhile(Func<char, bool> belongs)
    {
        while (_position < _text.Length && belongs(_text[_position]))
        {
            _position++;
        }
    }

    /// <summary>A quote within the text is written twice, as in SQL.</summary>
    private Token? ReadQuoted(char quote, Location at)
    {
        var value = new StringBuilder();
        for (_position++; _position < _text.Length; _position++)
        {
            if (_text[_position] != quote)
            {
                value.Append(_text[_position]);
                continue;
            }

            _position++;
            if (_position >= _text.Length || _text[_position] != quote)
            {
                // The marker keeps a quoted column apart from keywords.
                return quote == '`' ? new Token(TokenKind.Name, "`" + value, at) : new Token(TokenKind.Text, value.ToString(), at);
            }

            value.Append(quote);
        }

        problems.Add(at, $"a text opened by {quote} does not end", $"close it with {quote}");
        return null;
    }
}
