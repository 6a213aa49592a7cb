using System.Globalization;
using System.Text;

namespace StreamPipeline.Core.Patterns;

/// <summary>
/// Writes a pattern for .NET's engine so that <c>.</c>, classes, escapes and characters mean what its own language says, in code points. The rest is copied, <c>\b</c>
/// and what only .NET knows included.
/// </summary>
internal sealed class PatternTranslator
{
    private readonly string _pattern;
    private readonly PatternDialect _dialect;
    private readonly StringBuilder _output;

    /// <summary>Whether <c>.</c> takes line ends, the flag <c>s</c>, in each group that is open.</summary>
    private readonly Stack<bool> _outer = new();
    private bool _dotTakesAll;
    private int _at;

    private PatternTranslator(string pattern, PatternDialect dialect) =>
        (_pattern, _dialect, _output) = (pattern, dialect, new StringBuilder(pattern.Length + 16));

    private bool HasMore => _at < _pattern.Length;

    /// <exception cref="ArgumentException">Not a pattern of that language.</exception>
    public static string Translate(string pattern, PatternDialect dialect)
    {
        var translator = new PatternTranslator(pattern, dialect);
        while (translator.HasMore)
        {
            translator.TranslateNext();
        }

        return translator._output.ToString();
    }

    /// <summary>Why a pattern is refused, without .NET's copy of it, which is not what was written.</summary>
    public static string ReasonOf(ArgumentException error)
    {
        var end = error.Message.LastIndexOf("offset", StringComparison.Ordinal);
        return end > 0 ? error.Message[(error.Message.IndexOf('.', end) + 1)..].Trim() : error.Message;
    }

    private void TranslateNext()
    {
        switch (_pattern[_at])
        {
            case '\\':
                _at++;
                TranslateEscape();
                break;
            case '[':
                _at++;
                TranslateClass();
                break;
            case '(':
                _at++;
                _output.Append('(');
                _outer.Push(_dotTakesAll);
                ReadFlags();
                break;
            case ')':
                _at++;
                _output.Append(')');
                _dotTakesAll = _outer.TryPop(out var outer) && outer;
                break;
            case '$' when _dialect.IsEcma:
                _at++;
                _output.Append(@"\z");
                break;
            case '.':
                _at++;
                _output.Append((_dotTakesAll ? new CodePointClass() : _dialect.LineEnds).ToRegex(negated: true));
                break;
            case > '\x7f':
                Append(NextCodePoint());
                break;
            default:
                // Quantifiers and anchors among them.
                _output.Append(_pattern[_at++]);
                break;
        }
    }

    /// <summary>Looks for <c>s</c> in what is copied next: <c>(?s)</c>, which holds to the end of the group around it, or <c>(?s:</c>.</summary>
    private void ReadFlags()
    {
        if (!HasMore || _pattern[_at] != '?')
        {
            return;
        }

        var i = _at + 1;
        var (sets, takesAll) = (true, _dotTakesAll);
        for (; i < _pattern.Length && (char.IsAsciiLetter(_pattern[i]) || _pattern[i] == '-'); i++)
        {
            sets &= _pattern[i] != '-';
            takesAll = _pattern[i] == 's' ? sets : takesAll;
            if (_pattern[i] == 'x' && sets)
            {
                throw new ArgumentException("the flag x is not supported: leave out white space and comments");
            }
        }

        if (i < _pattern.Length && _pattern[i] is ')' or ':')
        {
            if (_pattern[i] == ')' && _outer.Count > 0)
            {
                _outer.Pop();
                _outer.Push(takesAll);
            }

            _dotTakesAll = takesAll;
        }
    }

    private void TranslateEscape()
    {
        if (!HasMore)
        {
            _output.Append('\\');
        }
        else if (_dialect.ClassOf(_pattern[_at]) is { } members)
        {
            _at++;
            _output.Append(members.ToRegex(negated: false));
        }
        else if (TryReadProperty() is { } property)
        {
            _output.Append(property.ToRegex(negated: false));
        }
        else if (_pattern[_at] is 'u' or 'x')
        {
            Append(ReadHex());
        }
        else if (char.IsHighSurrogate(_pattern[_at]))
        {
            Append(NextCodePoint());
        }
        else
        {
            _output.Append('\\').Append(_pattern[_at++]);
        }
    }

    /// <summary>A character as itself. A quantifier behind one that is two units must take both.</summary>
    private void Append(int codePoint)
    {
        if (codePoint > char.MaxValue)
        {
            _output.Append("(?:").Append(char.ConvertFromUtf32(codePoint)).Append(')');
        }
        else
        {
            _output.Append(CultureInfo.InvariantCulture, $@"\u{codePoint:x4}");
        }
    }

    private int NextCodePoint()
    {
        var first = _pattern[_at++];
        return char.IsHighSurrogate(first) && HasMore && char.IsLowSurrogate(_pattern[_at]) ? char.ConvertToUtf32(first, _pattern[_at++]) : first;
    }

    private void TranslateClass()
    {
        var negated = HasMore && _pattern[_at] == '^';
        _at += negated ? 1 : 0;
        var members = new CodePointClass();
        var start = _at;
        while (HasMore && (_pattern[_at] != ']' || (_at == start && !_dialect.IsEcma)))
        {
            var from = ReadMember(members);
            if (!HasMore || _pattern[_at] != '-' || _at + 1 >= _pattern.Length || _pattern[_at + 1] == ']')
            {
                if (from is { } one)
                {
                    members.Add(one, one);
                }

                continue;
            }

            if (from is null && !_dialect.IsEcma)
            {
                // Java's [\w-a]: the dash is itself, and read next.
                continue;
            }

            _at++;
            var to = ReadMember(members);
            if (from is not { } first || to is not { } last)
            {
                throw new ArgumentException(@"a class such as \d cannot be an end of a range within [ ]; write \- for the dash itself");
            }

            if (first > last)
            {
                throw new ArgumentException("a range within [ ] is in reverse order");
            }

            members.Add(first, last);
        }

        if (!HasMore)
        {
            throw new ArgumentException("a [ has no closing ]");
        }

        if (members.IsEmpty)
        {
            throw new ArgumentException("an empty [ ] is not supported");
        }

        _at++;
        _output.Append(members.ToRegex(negated));
    }

    /// <summary>One character, or null when several were added.</summary>
    private int? ReadMember(CodePointClass members)
    {
        if (!_dialect.IsEcma && (_pattern[_at] == '[' || _pattern.AsSpan(_at).StartsWith("&&")))
        {
            throw new ArgumentException(@"classes within classes and && within [ ] are not supported; write \[ or \&\& for the characters");
        }

        if (_pattern[_at] != '\\')
        {
            return NextCodePoint();
        }

        _at++;
        if (!HasMore)
        {
            throw new ArgumentException("a [ has no closing ]");
        }

        if (_dialect.ClassOf(_pattern[_at]) is { } several)
        {
            _at++;
            members.Add(several);
            return null;
        }

        if (TryReadProperty() is { } property)
        {
            members.Add(property);
            return null;
        }

        return ReadEscapedMember();
    }

    private int ReadEscapedMember()
    {
        if (_pattern[_at] is 'u' or 'x')
        {
            return ReadHex();
        }

        var c = NextCodePoint();
        switch (c)
        {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a' when !_dialect.IsEcma: return '\a';
            case 'e' when !_dialect.IsEcma: return '\e';
            case 'b' when _dialect.IsEcma: return '\b';
            case '0' when !HasMore || !char.IsAsciiDigit(_pattern[_at]): return '\0';
            case 'c' when HasMore && char.IsAsciiLetter(_pattern[_at]): return _pattern[_at++] % 32;
            case < 128 when char.IsAsciiLetterOrDigit((char)c): throw new ArgumentException($@"\{(char)c} within [ ] is not known");
            default: return c;
        }
    }

    /// <summary>What <c>\p{…}</c> or <c>\P{…}</c> stands for; null: something else is there.</summary>
    private CodePointClass? TryReadProperty()
    {
        if (_pattern[_at] is not ('p' or 'P') || _at + 1 >= _pattern.Length || _pattern[_at + 1] != '{' || _pattern.IndexOf('}', _at) is not (> 0 and var end))
        {
            return null;
        }

        var property = new CodePointClass().AddProperty(_pattern[(_at + 1)..(end + 1)], _pattern[_at] == 'P');
        _at = end + 1;
        return property;
    }

    /// <summary><c>u0041</c>, <c>ud83d\ude00</c>, <c>u{1f600}</c>, <c>x41</c>, <c>x{1f600}</c>.</summary>
    private int ReadHex()
    {
        var kind = _pattern[_at++];
        if (HasMore && _pattern[_at] == '{' && (kind == 'u') == _dialect.IsEcma)
        {
            var end = _pattern.IndexOf('}', _at);
            var digits = end < 0 ? "" : _pattern[(_at + 1)..end];
            _at = end + 1;
            return int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 0x10ffff
                ? value
                : throw new ArgumentException($@"\{kind}{{{digits}}} is no character");
        }

        var unit = ReadHex(kind == 'u' ? 4 : 2) ?? throw new ArgumentException($@"\{kind} needs {(kind == 'u' ? 4 : 2)} hexadecimal digits behind it");
        if (char.IsHighSurrogate((char)unit) && _pattern.AsSpan(_at).StartsWith(@"\u"))
        {
            var before = _at;
            _at += 2;
            if (ReadHex(4) is { } low && char.IsLowSurrogate((char)low))
            {
                return char.ConvertToUtf32((char)unit, (char)low);
            }

            _at = before;
        }

        return unit;
    }

    private int? ReadHex(int digits)
    {
        if (_at + digits > _pattern.Length || !int.TryParse(_pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        _at += digits;
        return value;
    }
}
