using System.Text.RegularExpressions;
using StreamPipeline.Core.Patterns;

namespace StreamPipeline.Core.Quality.Language;

/// <summary>
/// A regular expression that must match a whole value, in the language of DQDL, which is Java's: <c>.</c> and a class take a code point, <c>\d</c>, <c>\w</c> and
/// <c>\s</c> are ASCII. It runs in linear time whenever .NET's non-backtracking engine takes the pattern; look-arounds,
/// back references and atomic groups need backtracking, which runs under a time limit per value.
/// </summary>
internal sealed class RowPattern
{
    /// <summary>Longest pattern, characters.</summary>
    public const int LengthMax = 10_000;

    /// <summary>Time limit of one match when the pattern needs backtracking, milliseconds.</summary>
    public const int TimeoutMs = 100;

    private readonly Regex _regex;
    private readonly PatternAutomaton? _automaton;

    private RowPattern(Regex regex, PatternAutomaton? automaton, bool backtracks)
    {
        _regex = regex;
        _automaton = automaton;
        Backtracks = backtracks;
    }

    /// <summary>The pattern is under a time limit, so whether a value matches may depend on the machine's load.</summary>
    public bool Backtracks { get; }

    /// <summary>Null with <paramref name="error"/> set when the pattern is not valid.</summary>
    public static RowPattern? Compile(string pattern, out string error)
    {
        error = "";
        if (pattern.Length > LengthMax)
        {
            error = $"it has {pattern.Length} characters, at most {LengthMax} are allowed";
            return null;
        }

        const RegexOptions options = RegexOptions.CultureInvariant;
        try
        {
            // Compiled alone first: a pattern such as a)|(b is wrong by itself, but would be right between the brackets below.
            var translated = PatternTranslator.Translate(pattern, PatternDialect.Java);
            _ = new Regex(translated, options, TimeSpan.FromMilliseconds(TimeoutMs));
            var whole = $@"\A(?:{translated})\z";
            try
            {
                return new RowPattern(new Regex(whole, options | RegexOptions.NonBacktracking), PatternAutomaton.Compile($"^(?:{pattern})$"), backtracks: false);
            }
            catch (NotSupportedException)
            {
                return new RowPattern(new Regex(whole, options, TimeSpan.FromMilliseconds(TimeoutMs)), automaton: null, backtracks: true);
            }
        }
        catch (ArgumentException invalid)
        {
            error = PatternTranslator.ReasonOf(invalid);
            return null;
        }
    }

    /// <summary>The pattern of SQL's LIKE: <c>%</c> any text, <c>_</c> one character, <c>\</c> takes the next one literally.</summary>
    public static RowPattern? CompileLike(string like, out string error)
    {
        var pattern = new System.Text.StringBuilder();
        for (var i = 0; i < like.Length; i++)
        {
            var c = like[i];
            if (c == '%')
            {
                pattern.Append(@"[\s\S]*");
            }
            else if (c == '_')
            {
                pattern.Append(@"[\s\S]");
            }
            else
            {
                c = c == '\\' && i + 1 < like.Length ? like[++i] : c;
                pattern.Append(Regex.Escape(c.ToString()));
            }
        }

        return Compile(pattern.ToString(), out error);
    }

    /// <summary>
    /// Matches as <see cref="IsMatch"/> by a table, a step per byte, where pattern and value are plain: the table's patterns are ECMA-262's, which mean the same here for
    /// ASCII without line ends (<c>.</c> and <c>$</c> differ in those).
    /// </summary>
    /// <returns>Null: not answered.</returns>
    public unsafe bool? TryMatch(ReadOnlySpan<byte> utf8)
    {
        if (_automaton is null || utf8.ContainsAny((byte)'\r', (byte)'\n'))
        {
            return null;
        }

        fixed (byte* text = utf8)
        {
            return _automaton.TryMatch(text, utf8.Length, out var matches) ? matches : null;
        }
    }

    /// <exception cref="RegexMatchTimeoutException">A backtracking pattern took longer than <see cref="TimeoutMs"/>.</exception>
    public bool IsMatch(ReadOnlySpan<char> value) => _regex.IsMatch(value);
}
