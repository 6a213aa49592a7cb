namespace StreamPipeline.Core.Patterns;

/// <summary>
/// Reads the regular expressions that contracts mostly have: ASCII literals and classes, groups, alternatives, counts, anchors. Whatever else
/// a pattern holds makes <see cref="Parse"/> give up, and the regular expression engine keeps the field. Meanings as in
/// <see cref="Contracts.EcmaPattern"/>, for texts that are ASCII.
/// </summary>
internal sealed class PatternParser
{
    private const int DepthMax = 32;
    private const int CountMax = 256;

    private readonly string _pattern;
    private int _at;
    private int _depth;

    private PatternParser(string pattern) => _pattern = pattern;

    private char Here => _at < _pattern.Length ? _pattern[_at] : '\0';

    /// <summary>Null when it holds something else.</summary>
    public static PatternNode? Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        var node = parser.ReadChoice();
        return parser._at == pattern.Length ? node : null;
    }

    /// <summary>ASCII characters from one to another.</summary>
    private static UInt128 Range(int from, int to) => ((UInt128.One << (to - from)) | ((UInt128.One << (to - from)) - 1)) << from;

    /// <summary>Whether an escape stands for characters beyond ASCII too; white space has some.</summary>
    private static bool HasOthers(char escape) => escape is 'D' or 'W' or 'S' or 's';

    private PatternNode? ReadChoice()
    {
        if (++_depth > DepthMax)
        {
            return null;
        }

        var choices = new List<PatternNode>();
        while (true)
        {
            if (ReadSequence() is not { } part)
            {
                return null;
            }

            choices.Add(part);
            if (Here != '|')
            {
                break;
            }

            _at++;
        }

        _depth--;
        return choices.Count == 1 ? choices[0] : new PatternNode.Choice(choices);
    }

    private PatternNode.Sequence? ReadSequence()
    {
        var parts = new List<PatternNode>();
        while (_at < _pattern.Length && Here is not ('|' or ')'))
        {
            if (ReadAtom() is not { } atom || ReadCount(atom) is not { } part)
            {
                return null;
            }

            parts.Add(part);
        }

        return new PatternNode.Sequence([.. parts]);
    }

    private PatternNode? ReadAtom()
    {
        var c = _pattern[_at++];
        switch (c)
        {
            case '(':
                return ReadGroup();
            case '[':
                return ReadClass();
            case '\\':
                return ReadEscape() is { } escape ? new PatternNode.Set(escape, HasOthers(_pattern[_at - 1])) : null;
            case '.':
                return new PatternNode.Set(Range(0, 127) & ~(Range('\n', '\n') | Range('\r', '\r')), HasOthers: true);
            case '^':
                return new PatternNode.Begin();
            case '$':
                return new PatternNode.End();
            case '*' or '+' or '?' or '{' or '}' or ']':
                return null;
            default:
                return char.IsAscii(c) ? new PatternNode.Set(Range(c, c), HasOthers: false) : null;
        }
    }

    private PatternNode? ReadGroup()
    {
        if (Here == '?')
        {
            if (_at + 1 >= _pattern.Length || _pattern[_at + 1] != ':')
            {
                return null;
            }

            _at += 2;
        }

        var group = ReadChoice();
        if (group is null || Here != ')')
        {
            return null;
        }

        _at++;
        return group;
    }

    private PatternNode? ReadCount(PatternNode atom)
    {
        if (Here is not ('*' or '+' or '?' or '{'))
        {
            return atom;
        }

        var c = _pattern[_at++];
        int min = c == '+' ? 1 : 0, max = c == '?' ? 1 : -1;
        if (c == '{' && !TryReadBounds(out min, out max))
        {
            return null;
        }

        if (Here == '?')
        {
            // Lazy or greedy, there is a match or there is none.
            _at++;
        }

        // An anchor repeated, or a count counted again, is nothing that a contract needs.
        return atom is PatternNode.Begin or PatternNode.End || Here is '*' or '+' or '?' or '{' ? null : new PatternNode.Repeat(atom, min, max);
    }

    private bool TryReadBounds(out int min, out int max)
    {
        max = -1;
        if (!TryReadInteger(out min))
        {
            return false;
        }

        if (Here != ',')
        {
            max = min;
        }
        else
        {
            _at++;
            if (Here != '}' && (!TryReadInteger(out max) || max < min))
            {
                return false;
            }
        }

        return Here == '}' && _at++ < _pattern.Length;
    }

    private bool TryReadInteger(out int value)
    {
        value = 0;
        var start = _at;
        while (char.IsAsciiDigit(Here) && value <= CountMax)
        {
            value = (value * 10) + (_pattern[_at++] - '0');
        }

        return _at > start && value <= CountMax;
    }

    private PatternNode.Set? ReadClass()
    {
        var negated = Here == '^';
        _at += negated ? 1 : 0;
        var start = _at;
        UInt128 members = 0;
        var hasOthers = negated;
        while (Here != ']')
        {
            if (ReadClassMember() is not { } from)
            {
                return null;
            }

            hasOthers |= _pattern[_at - 2] == '\\' && HasOthers(_pattern[_at - 1]);
            if (Here != '-' || _at + 1 >= _pattern.Length || _pattern[_at + 1] == ']')
            {
                members |= from;
                continue;
            }

            _at++;
            if (ReadClassMember() is not { } to || !UInt128.IsPow2(from) || !UInt128.IsPow2(to) || to < from)
            {
                return null;
            }

            members |= Range((int)UInt128.Log2(from), (int)UInt128.Log2(to));
        }

        if (_at == start)
        {
            return null;
        }

        _at++;
        return new PatternNode.Set(negated ? Range(0, 127) & ~members : members, hasOthers);
    }

    private UInt128? ReadClassMember()
    {
        if (_at >= _pattern.Length)
        {
            return null;
        }

        var c = _pattern[_at++];
        return c == '\\' ? ReadEscape() : char.IsAscii(c) ? Range(c, c) : null;
    }

    private UInt128? ReadEscape()
    {
        if (_at >= _pattern.Length)
        {
            return null;
        }

        var digits = Range('0', '9');
        var word = digits | Range('A', 'Z') | Range('a', 'z') | Range('_', '_');
        var white = Range('\t', '\r') | Range(' ', ' ');
        var c = _pattern[_at++];
        return c switch
        {
            'd' => digits,
            'D' => Range(0, 127) & ~digits,
            'w' => word,
            'W' => Range(0, 127) & ~word,
            's' => white,
            'S' => Range(0, 127) & ~white,
            'n' => Range('\n', '\n'),
            'r' => Range('\r', '\r'),
            't' => Range('\t', '\t'),
            'f' => Range('\f', '\f'),
            'v' => Range('\v', '\v'),
            _ when char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)) && c != '_' => Range(c, c),
            _ => null,
        };
    }
}
