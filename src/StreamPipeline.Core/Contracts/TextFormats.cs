namespace StreamPipeline.Core.Contracts;

/// <summary>The asserted formats that stay strings, on UTF-8 bytes.</summary>
internal static class TextFormats
{
    /// <summary>RFC 4122 section 3: 8-4-4-4-12 hexadecimal digits.</summary>
    public static bool IsUuid(ReadOnlySpan<byte> text)
    {
        if (text.Length != 36)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            var fits = i is 8 or 13 or 18 or 23 ? text[i] == '-' : char.IsAsciiHexDigit((char)text[i]);
            if (!fits)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Four decimal numbers from 0 to 255 without leading zeros, which some readers take for octal.</summary>
    public static bool IsIpv4(ReadOnlySpan<byte> text)
    {
        for (var part = 0; part < 4; part++)
        {
            var dot = text.IndexOf((byte)'.');
            var digits = part == 3 ? text : dot < 0 ? default : text[..dot];
            if (digits.Length is 0 or > 3 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || (digits.Length > 1 && digits[0] == '0'))
            {
                return false;
            }

            if (digits.Length == 3 && digits.SequenceCompareTo("255"u8) > 0)
            {
                return false;
            }

            text = part == 3 ? default : text[(dot + 1)..];
        }

        return true;
    }

    /// <summary>RFC 5321 section 4.1.2: at most 64 bytes before the at sign and 254 in all; address literals are not accepted.</summary>
    public static bool IsEmail(ReadOnlySpan<byte> text)
    {
        var at = text.LastIndexOf((byte)'@');
        return text.Length <= 254 && at is > 0 and <= 64 && IsLocalPart(text[..at]) && IsHostName(text[(at + 1)..]);
    }

    private static bool IsLocalPart(ReadOnlySpan<byte> text)
    {
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
        {
            return IsQuoted(text[1..^1]);
        }

        var previous = (byte)'.';
        foreach (var b in text)
        {
            if (b == '.' ? previous == '.' : !char.IsAsciiLetterOrDigit((char)b) && !"!#$%&'*+-/=?^_`{|}~"u8.Contains(b))
            {
                return false;
            }

            previous = b;
        }

        return previous != '.';
    }

    private static bool IsQuoted(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var escaped = text[i] == '\\';
            i += escaped ? 1 : 0;
            if (i == text.Length || text[i] is < 32 or > 126 || (text[i] == '"' && !escaped))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsHostName(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var dot = text.IndexOf((byte)'.');
            var label = dot < 0 ? text : text[..dot];
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            foreach (var b in label)
            {
                if (!char.IsAsciiLetterOrDigit((char)b) && b != '-')
                {
                    return false;
                }
            }

            if (dot < 0)
            {
                return true;
            }

            text = text[(dot + 1)..];
        }
    }
}
