using System.Text;
using System.Text.RegularExpressions;

namespace StreamPipeline.Core.Contracts;

/// <summary>
/// Runs the regular expressions of JSON Schema, which are ECMA-262's with the <c>u</c> flag, on .NET's engine: <c>\d</c> and <c>\w</c> are
/// ASCII, <c>$</c> is the very end, and <c>.</c> or a negated class takes a whole code point. <c>\s</c> and <c>\b</c> stay .NET's.
/// Source: JSON Schema 2020-12 core, section 6.4; ECMA-262, section 22.2.
/// </summary>
internal static class EcmaPattern
{
    private const string Pair = @"[\ud800-\udbff][\udc00-\udfff]";
    private const string Surrogates = @"\ud800-\udfff";

    /// <exception cref="ArgumentException">Not a regular expression.</exception>
    public static Regex Compile(string pattern, TimeSpan timeout)
    {
        var translated = Translate(pattern);
        try
        {
            return new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException)
        {
            // Look-around and back references need backtracking, whose time only a clock can bound.
            return new Regex(translated, RegexOptions.CultureInvariant, timeout);
        }
    }

    internal static string Translate(string pattern)
    {
        var output = new StringBuilder(pattern.Length + 16);
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                output.Append(Escape(pattern[++i]));
            }
            else if (c == '[')
            {
                i = TranslateClass(pattern, i, output);
            }
            else if (char.IsHighSurrogate(c) && i + 1 < pattern.Length)
            {
                // A quantifier behind it must take both halves.
                output.Append("(?:").Append(c).Append(pattern[++i]).Append(')');
            }
            else
            {
                output.Append(c switch
                {
                    '$' => @"\z",
                    '.' => Negated(@"\n\r\u2028\u2029"),
                    _ => c.ToString(),
                });
            }
        }

        return output.ToString();
    }

    private static string Escape(char c) => c switch
    {
        'd' => "[0-9]",
        'w' => "[0-9A-Za-z_]",
        'D' => Negated("0-9"),
        'W' => Negated("0-9A-Za-z_"),
        'S' => Negated(@"\s"),
        _ => "\\" + c,
    };

    private static string Negated(string members) => $"(?:{Pair}|[^{members}{Surrogates}])";

    /// <summary>Copies a character class and returns the index of its closing bracket.</summary>
    private static int TranslateClass(string pattern, int open, StringBuilder output)
    {
        var members = new StringBuilder();
        var i = open + 1;
        var negated = i < pattern.Length && pattern[i] == '^';
        if (negated)
        {
            i++;
        }

        for (; i < pattern.Length && pattern[i] != ']'; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                members.Append(ClassEscape(pattern[++i]));
            }
            else if (char.IsSurrogate(c))
            {
                throw new ArgumentException("a character beyond U+FFFF within [ ] is not supported; write it as (?:x|y)");
            }
            else
            {
                // An open bracket within a class is .NET's class subtraction, and an ordinary character in ECMA-262. A hyphen at the end of a
                // negated class must not begin a range with the surrogates that are put behind it.
                members.Append(c == '[' || (c == '-' && i + 1 < pattern.Length && pattern[i + 1] == ']') ? @"\" + c : c.ToString());
            }
        }

        if (i == pattern.Length)
        {
            throw new ArgumentException("a [ has no closing ]");
        }

        if (members.Length == 0)
        {
            throw new ArgumentException("an empty [ ] is not supported");
        }

        output.Append(negated ? Negated(members.ToString()) : $"[{members}]");
        return i;
    }

    private static string ClassEscape(char c) => c switch
    {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        'D' => @"\u0000-/:-\ud7ff\ue000-\uffff",
        'W' => @"\u0000-/:-@\[-\^`{-\ud7ff\ue000-\uffff",
        _ => "\\" + c,
    };
}
