using System.Globalization;
using System.Text;

namespace StreamPipeline.Cli.Generation;

/// <summary>
/// Parses the regular expressions from which text can be drawn: literals, classes, groups, alternation, quantifiers, and anchors at the
/// ends. Look-around, back references, word boundaries and Unicode classes are not among them.
/// </summary>
internal sealed class PatternGrammar
{
    /// <summary>What <c>*</c> and <c>+</c> add at most.</summary>
    private const int OpenEnded = 8;
    private const int DepthMax = 32;

    private static readonly (int, int)[] _digits = [('0', '9')];
    private static readonly (int, int)[] _word = [('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
    private static readonly (int, int)[] _space = [(' ', ' ')];

    private readonly string _pattern;
    private int _at;
    private int _depth;

    private PatternGrammar(string pattern) => _pattern = pattern;

    /// <summary>Null with <paramref name="error"/> set when the pattern holds something text cannot be drawn from.</summary>
    public static PatternNode? Parse(string pattern, out string error)
    {
        var grammar = new PatternGrammar(pattern);
        try
        {
            var node = grammar.Choice();
            error = grammar._at < pattern.Length ? $"unexpected '{pattern[grammar._at]}' at character {grammar._at + 1}" : "";
            return error.Length == 0 ? node : null;
        }
        catch (FormatException failure)
        {
            error = failure.Message;
            return null;
        }
    }

    private bool AtEnd => _at >= _pattern.Length;

    private PatternNode Choice()
    {
        if (++_depth > DepthMax)
        {
            throw new FormatException($"groups nested deeper than {DepthMax}");
        }

        var choices = new List<PatternNode> { Sequence() };
        while (!AtEnd && _pattern[_at] == '|')
        {
            _at++;
            choices.Add(Sequence());
        }

        _depth--;
        return choices.Count == 1 ? choices[0] : new PatternChoice(choices);
    }

    private PatternSequence Sequence()
    {
        var parts = new List<PatternNode>();
        while (!AtEnd && _pattern[_at] is not ('|' or ')'))
        {
            if (_pattern[_at] == '^')
            {
                // Only where nothing was drawn before can a text begin.
                Expect(parts.Count == 0 && (_at == 0 || _pattern[_at - 1] is '(' or '|' or ':'), "'^' in the middle");
                _at++;
            }
            else if (_pattern[_at] == '$')
            {
                _at++;
                Expect(AtEnd || _pattern[_at] is '|' or ')', "'$' in the middle");
            }
            else
            {
                parts.Add(Quantified(Atom()));
            }
        }

        return new PatternSequence(parts);
    }

    private PatternNode Atom()
    {
        var c = _pattern[_at++];
        switch (c)
        {
            case '(':
                if (!AtEnd && _pattern[_at] == '?')
                {
                    Expect(_at + 1 < _pattern.Length && _pattern[_at + 1] == ':', "only (?: ) groups");
                    _at += 2;
                }

                var inner = Choice();
                Expect(!AtEnd && _pattern[_at] == ')', "a group without ')'");
                _at++;
                return inner;
            case '[':
                return Class();
            case '.':
                return new PatternClass([('a', 'z'), ('0', '9')]);
            case '\\':
                return new PatternClass(Escape());
            case '*' or '+' or '?' or '{':
                throw new FormatException($"'{c}' repeats nothing at character {_at}");
            default:
                return Literal(c);
        }
    }

    private PatternClass Literal(char c)
    {
        if (!char.IsHighSurrogate(c))
        {
            return new PatternClass([(c, c)]);
        }

        Expect(!AtEnd && char.IsLowSurrogate(_pattern[_at]), "half a surrogate pair");
        var rune = new Rune(c, _pattern[_at++]).Value;
        return new PatternClass([(rune, rune)]);
    }

    private PatternNode Quantified(PatternNode part)
    {
        if (AtEnd)
        {
            return part;
        }

        var (min, max) = (1, 1);
        switch (_pattern[_at])
        {
            case '?':
                (min, max) = (0, 1);
                break;
            case '*':
                (min, max) = (0, OpenEnded);
                break;
            case '+':
                (min, max) = (1, 1 + OpenEnded);
                break;
            case '{':
                var close = _pattern.IndexOf('}', _at);
                Expect(close > 0, "a '{' without '}'");
                (min, max) = Counts(_pattern[(_at + 1)..close]);
                _at = close;
                break;
            default:
                return part;
        }

        _at++;
        if (!AtEnd && _pattern[_at] == '?')
        {
            // Lazy or greedy matches the same texts.
            _at++;
        }

        return new PatternRepeat(part, min, max);
    }

    private static (int Min, int Max) Counts(string text)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var min = Number(comma < 0 ? text : text[..comma]);
        var max = comma < 0 ? min : comma == text.Length - 1 ? min + OpenEnded : Number(text[(comma + 1)..]);
        Expect(min <= max && max <= PatternNode.LengthMax, $"a count of {text}");
        return (min, max);

        static int Number(string digits) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw new FormatException($"a count of {digits} is not supported");
    }

    private PatternClass Class()
    {
        var negated = !AtEnd && _pattern[_at] == '^';
        _at += negated ? 1 : 0;
        var ranges = new List<(int Low, int High)>();
        while (!AtEnd && _pattern[_at] != ']')
        {
            var c = _pattern[_at++];
            if (c == '\\')
            {
                var escaped = Escape();
                if (escaped.Length != 1 || escaped[0].Low != escaped[0].High)
                {
                    ranges.AddRange(escaped);
                    continue;
                }

                c = (char)escaped[0].Low;
            }

            Expect(!char.IsSurrogate(c), "a character beyond U+FFFF within [ ]");
            var high = c;
            if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                high = _pattern[_at + 1];
                _at += 2;
                high = high == '\\' ? (char)Escape()[0].Low : high;
            }

            Expect(c <= high && !char.IsSurrogate(high), "a range that runs backwards");
            ranges.Add((c, high));
        }

        Expect(!AtEnd, "a '[' without ']'");
        _at++;
        var members = negated ? Complement(ranges) : ranges;
        Expect(members.Count > 0, "a class without members");
        return new PatternClass(members);
    }

    /// <summary>Letters and digits that the ranges leave, else other printable ASCII.</summary>
    private static List<(int Low, int High)> Complement(List<(int Low, int High)> ranges)
    {
        var left = new List<(int, int)>();
        for (var c = ' '; c <= '~'; c++)
        {
            if (!ranges.Exists(range => c >= range.Low && c <= range.High))
            {
                left.Add((c, c));
            }
        }

        return left;
    }

    private (int Low, int High)[] Escape()
    {
        Expect(!AtEnd, "a '\\' at the end");
        var c = _pattern[_at++];
        return c switch
        {
            'd' => _digits,
            'w' => _word,
            's' => _space,
            'D' => [('a', 'z')],
            'W' => [('-', '-')],
            'S' => [('a', 'z')],
            'n' => [('\n', '\n')],
            't' => [('\t', '\t')],
            'r' => [('\r', '\r')],
            _ when char.IsAsciiLetterOrDigit(c) => throw new FormatException($"'\\{c}' is not supported"),
            _ => [(c, c)],
        };
    }

    private static void Expect(bool condition, string what)
    {
        if (!condition)
        {
            throw new FormatException($"{what} is not supported");
        }
    }
}
