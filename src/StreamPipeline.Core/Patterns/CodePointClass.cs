using System.Globalization;
using System.Text;

namespace StreamPipeline.Core.Patterns;

/// <summary>
/// What stands in <c>[ ]</c>, as code points, for .NET's engine, which knows UTF-16 units only: a character beyond U+FFFF becomes its two surrogates. Half a pair is no
/// character and in no class. Properties such as <c>\p{L}</c> are .NET's, which knows them up to U+FFFF.
/// </summary>
internal sealed class CodePointClass
{
    private const int BasicMax = 0xffff;
    private const int Max = 0x10ffff;
    private const string Surrogates = @"\ud800-\udfff";

    private readonly List<(int From, int To)> _ranges = [];
    private readonly StringBuilder _properties = new();
    private bool _hasNegatedProperty;

    public bool IsEmpty => _ranges.Count == 0 && _properties.Length == 0;

    public CodePointClass Add(int from, int to)
    {
        _ranges.Add((from, to));
        return this;
    }

    public CodePointClass Add(CodePointClass other)
    {
        _ranges.AddRange(other._ranges);
        _properties.Append(other._properties);
        _hasNegatedProperty |= other._hasNegatedProperty;
        return this;
    }

    /// <param name="name">With its braces.</param>
    /// <param name="negated">All but what has it.</param>
    public CodePointClass AddProperty(string name, bool negated)
    {
        _properties.Append(negated ? @"\P" : @"\p").Append(name);
        _hasNegatedProperty |= negated;
        return negated ? Add(BasicMax + 1, Max) : this;
    }

    /// <summary>All other code points; of a class without properties.</summary>
    public CodePointClass Complement()
    {
        var others = new CodePointClass();
        foreach (var (from, to) in Gaps(0))
        {
            others.Add(from, to);
        }

        return others;
    }

    /// <summary>A regular expression of .NET that takes one character.</summary>
    public string ToRegex(bool negated)
    {
        var basic = new StringBuilder();
        foreach (var (from, to) in _ranges)
        {
            AppendRange(basic, from, Math.Min(to, 0xd7ff));
            AppendRange(basic, Math.Max(from, 0xe000), Math.Min(to, BasicMax));
        }

        basic.Append(_properties);
        var parts = new List<string>();
        foreach (var (from, to) in negated ? Gaps(BasicMax + 1) : Merged())
        {
            AddPairs(parts, Math.Max(from, BasicMax + 1), to);
        }

        if (negated)
        {
            parts.Add($"[^{basic}{Surrogates}]");
        }
        else if (basic.Length > 0)
        {
            parts.Add(_hasNegatedProperty ? $"[{basic}-[{Surrogates}]]" : $"[{basic}]");
        }

        return parts.Count switch
        {
            0 => @"[^\s\S]",
            1 when negated || basic.Length > 0 => parts[0],
            _ => $"(?:{string.Join('|', parts)})",
        };
    }

    private static void AppendRange(StringBuilder output, int from, int to)
    {
        if (from <= to)
        {
            output.Append(CultureInfo.InvariantCulture, $@"\u{from:x4}-\u{to:x4}");
        }
    }

    /// <summary>Code points beyond U+FFFF as surrogates: those of the first half that are not whole, those that are, the rest.</summary>
    private static void AddPairs(List<string> parts, int from, int to)
    {
        if (from > to)
        {
            return;
        }

        var (high, low) = Halves(from);
        var (highTo, lowTo) = Halves(to);
        if (high == highTo)
        {
            parts.Add(Pairs(high, high, low, lowTo));
            return;
        }

        if (low != 0xdc00)
        {
            parts.Add(Pairs(high, high, low, 0xdfff));
            high++;
        }

        if (lowTo != 0xdfff)
        {
            parts.Add(Pairs(highTo, highTo, 0xdc00, lowTo));
            highTo--;
        }

        if (high <= highTo)
        {
            parts.Add(Pairs(high, highTo, 0xdc00, 0xdfff));
        }
    }

    private static string Pairs(int high, int highTo, int low, int lowTo) =>
        string.Create(CultureInfo.InvariantCulture, $@"[\u{high:x4}-\u{highTo:x4}][\u{low:x4}-\u{lowTo:x4}]");

    private static (int High, int Low) Halves(int codePoint) => (0xd800 + ((codePoint - 0x10000) >> 10), 0xdc00 + ((codePoint - 0x10000) & 0x3ff));

    private List<(int From, int To)> Merged()
    {
        var merged = new List<(int From, int To)>();
        foreach (var range in _ranges.Order())
        {
            if (merged.Count > 0 && range.From <= merged[^1].To + 1)
            {
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, range.To));
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }

    private IEnumerable<(int From, int To)> Gaps(int from)
    {
        foreach (var range in Merged())
        {
            if (range.From > from)
            {
                yield return (from, range.From - 1);
            }

            from = Math.Max(from, range.To + 1);
        }

        if (from <= Max)
        {
            yield return (from, Max);
        }
    }
}
