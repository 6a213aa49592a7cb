using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Patterns;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// A string field's limits, compiled. Says yes or no only: why not is told by the complete path, <see cref="Json.TextCheck"/>.
/// </summary>
internal sealed unsafe class TextRule
{
    private readonly int _lengthMin;
    private readonly int _lengthMax;
    private readonly TextFormat _format;
    private readonly TextChoice? _choice;
    private readonly PatternTemplate? _template;
    private readonly PatternAutomaton? _automaton;
    private readonly Regex? _regex;

    private TextRule(TextLimits limits)
    {
        _lengthMin = limits.LengthMin;
        _lengthMax = limits.LengthMax;
        _format = limits.Format;
        _choice = limits.ValuesSorted is { } values ? new TextChoice(values) : null;
        _regex = limits.PatternRegex;
        _template = limits.Pattern is { } pattern ? PatternTemplate.Compile(pattern) : null;
        _automaton = limits.Pattern is not null && _template is null ? PatternAutomaton.Compile(limits.Pattern) : null;
    }

    /// <summary>Null when any text will do.</summary>
    public static TextRule? Of(ContractField field)
    {
        var limits = field.Text!;
        return limits is { LengthMin: 0, LengthMax: int.MaxValue, Pattern: null, Values: null }
            && limits.Format is TextFormat.None or TextFormat.Date or TextFormat.DateTime
            ? null
            : new TextRule(limits);
    }

    /// <summary>Whether it asks for a UUID and for nothing that one may lack.</summary>
    public bool IsUuidOnly => _format is TextFormat.Uuid && _lengthMin <= FormatText.UuidBytes && _lengthMax >= FormatText.UuidBytes && _choice is null && _regex is null;

    /// <summary>
    /// Lengths in bytes with which any text is allowed, from the least on so many more: a code point takes one to four bytes. None, which is a negative least
    /// one, when more than the length is limited.
    /// </summary>
    public static (int Min, int More) FreeBytes(ContractField field)
    {
        var limits = field.Text!;
        var min = limits.LengthMin == 0 ? 0 : (4L * limits.LengthMin) - 3;
        var isFree = limits is { Pattern: null, Values: null, Format: TextFormat.None or TextFormat.Date or TextFormat.DateTime } && min <= limits.LengthMax;
        return isFree ? ((int)min, (int)(limits.LengthMax - min)) : (-1, 0);
    }

    /// <param name="text">UTF-8; <see cref="PlanRow.Slack"/> bytes behind it can be read.</param>
    /// <param name="length">Of the text, bytes.</param>
    /// <param name="row">Scratch memory.</param>
    public bool Allows(byte* text, int length, PlanRow row)
    {
        // A code point takes one to four bytes, so most texts need no count.
        if ((length > _lengthMax || (length + 3) / 4 < _lengthMin) && !LengthFits(text, length))
        {
            return false;
        }

        return (_choice is null || _choice.Contains(text, length))
            && (_format is TextFormat.None || FormatFits(text, length))
            && (_regex is null || PatternFits(text, length, row));
    }

    private bool LengthFits(byte* text, int length)
    {
        var count = 0;
        for (var i = 0; i < length; i++)
        {
            // Continuation bytes are 10xxxxxx (RFC 3629 section 3).
            count += (text[i] & 0xC0) == 0x80 ? 0 : 1;
        }

        return count >= _lengthMin && count <= _lengthMax;
    }

    private bool FormatFits(byte* text, int length) => _format switch
    {
        TextFormat.Uuid => FormatText.IsUuid(text, length),
        TextFormat.Ipv4 => FormatText.IsIpv4(text, length),
        TextFormat.Email => FormatText.IsEmail(text, length),
        _ => true,
    };

    private bool PatternFits(byte* text, int length, PlanRow row)
    {
        if (_template is not null)
        {
            return _template.Matches(text, length);
        }

        if (_automaton is not null && _automaton.TryMatch(text, length, out var matches))
        {
            return matches;
        }

        return RegexFits(new ReadOnlySpan<byte>(text, length), row);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RegexFits(ReadOnlySpan<byte> text, PlanRow row)
    {
        try
        {
            return _regex!.IsMatch(row.Characters(text));
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
