using System.Text.RegularExpressions;

namespace StreamPipeline.Core.Contracts;

/// <summary>What JSON Schema asserts on a string.</summary>
public sealed record TextLimits
{
    /// <summary>Fewest Unicode code points.</summary>
    public int LengthMin { get; init; }

    /// <summary>Most Unicode code points; <see cref="int.MaxValue"/>: no limit.</summary>
    public int LengthMax { get; init; } = int.MaxValue;

    /// <summary>The regular expression as the contract writes it, searched for anywhere in the value; null: none.</summary>
    public string? Pattern { get; init; }

    public TextFormat Format { get; init; }

    /// <summary><c>enum</c> or <c>const</c>, in the order of the file; null: any value.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary><see cref="Pattern"/> translated and compiled.</summary>
    internal Regex? PatternRegex { get; init; }

    /// <summary><see cref="Values"/> as UTF-8 in ordinal order, for a binary search without a string.</summary>
    internal byte[][]? ValuesSorted { get; init; }

    /// <summary>Whether a text has an allowed length, value and pattern; formats are not looked at.</summary>
    public bool Allows(string text)
    {
        var length = text.EnumerateRunes().Count();
        try
        {
            return length >= LengthMin && length <= LengthMax && (Values?.Contains(text) ?? true) && (PatternRegex?.IsMatch(text) ?? true);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
