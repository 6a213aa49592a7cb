using System.Text.Json;
using System.Text.RegularExpressions;
using StreamPipeline.Core.Contracts;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>Asserts a string field's limits on UTF-8 bytes. Dates and times are parsed elsewhere.</summary>
internal sealed class TextCheck(ContractField field)
{
    private readonly TextLimits _limits = field.Text!;
    private readonly bool _isUnlimited = field.Text is { LengthMin: 0, LengthMax: int.MaxValue, Pattern: null, Values: null }
        && field.Text.Format is TextFormat.None or TextFormat.Date or TextFormat.DateTime;

    private string? _oneOf;

    /// <summary>False, with the violation noted, when the text breaks a limit. The reader is at the string.</summary>
    public bool Passes(scoped ReadOnlySpan<byte> text, ref Utf8JsonReader reader, RowReading row)
    {
        if (_isUnlimited)
        {
            return true;
        }

        if (!LengthFits(text, out var length))
        {
            return length < _limits.LengthMin
                ? row.Violates(ref reader, field, "minLength", $"at least {_limits.LengthMin} characters, it has {length}")
                : row.Violates(ref reader, field, "maxLength", $"at most {_limits.LengthMax} characters, it has {length}");
        }

        if (_limits.ValuesSorted is { } values && !Contains(values, text))
        {
            return row.Violates(ref reader, field, field.AllowedValues!.Keyword, OneOf());
        }

        return FormatFits(text)
            ? PatternFits(text, ref reader, row)
            : row.Violates(ref reader, field, "format", _limits.Format.ToString().ToLowerInvariant());
    }

    private bool PatternFits(scoped ReadOnlySpan<byte> text, ref Utf8JsonReader reader, RowReading row)
    {
        if (_limits.PatternRegex is not { } regex)
        {
            return true;
        }

        try
        {
            return regex.IsMatch(row.Characters(text))
                || row.Violates(ref reader, field, "pattern", $"a match of {Shortened(_limits.Pattern!)}");
        }
        catch (RegexMatchTimeoutException)
        {
            return row.Violates(
                ref reader,
                field,
                "pattern",
                $"a match of {Shortened(_limits.Pattern!)}, which took longer than {regex.MatchTimeout.TotalMilliseconds} ms to search: write the pattern without look-around and back references");
        }
    }

    private bool FormatFits(ReadOnlySpan<byte> text) => _limits.Format switch
    {
        TextFormat.Uuid => TextFormats.IsUuid(text),
        TextFormat.Ipv4 => TextFormats.IsIpv4(text),
        TextFormat.Email => TextFormats.IsEmail(text),
        _ => true,
    };

    private bool LengthFits(ReadOnlySpan<byte> text, out int length)
    {
        // A code point takes one to four bytes, so most texts need no count.
        length = text.Length;
        if (text.Length <= _limits.LengthMax && text.Length / 4 >= _limits.LengthMin)
        {
            return true;
        }

        length = 0;
        foreach (var b in text)
        {
            // Continuation bytes are 10xxxxxx (RFC 3629 section 3).
            length += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return length >= _limits.LengthMin && length <= _limits.LengthMax;
    }

    private static bool Contains(byte[][] sorted, ReadOnlySpan<byte> text)
    {
        int low = 0, high = sorted.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = text.SequenceCompareTo(sorted[middle]);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order > 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    private string OneOf() => _oneOf ??= "one of " + Shortened(string.Join(", ", _limits.Values!.Take(20).Select(value => $"\"{value}\"")));

    private static string Shortened(string text) => text.Length <= 120 ? text : text[..120] + "…";
}
