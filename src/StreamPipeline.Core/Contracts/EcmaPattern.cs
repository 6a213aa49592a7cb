using System.Text.RegularExpressions;
using StreamPipeline.Core.Patterns;

namespace StreamPipeline.Core.Contracts;

/// <summary>
/// Runs the regular expressions of JSON Schema, which are ECMA-262's with the <c>u</c> flag, on .NET's engine: <c>\d</c> and <c>\w</c> are
/// ASCII, <c>$</c> is the very end, and <c>.</c> or a class takes a whole code point. <c>\b</c> and properties stay .NET's.
/// Source: JSON Schema 2020-12 core, section 6.4; ECMA-262, section 22.2.
/// </summary>
internal static class EcmaPattern
{
    /// <exception cref="ArgumentException">Not a regular expression.</exception>
    public static Regex Compile(string pattern, TimeSpan timeout)
    {
        var translated = PatternTranslator.Translate(pattern, PatternDialect.Ecma);
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
}
