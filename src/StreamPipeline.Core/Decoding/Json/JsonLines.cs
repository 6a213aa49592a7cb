namespace StreamPipeline.Core.Decoding.Json;

/// <summary>Where lines and documents end. White space is that of RFC 8259 section 2.</summary>
internal static class JsonLines
{
    /// <summary>Moves to the next byte that is not white space; false when there is none.</summary>
    public static bool SkipBlank(ReadOnlySpan<byte> text, ref int at)
    {
        if (at < text.Length && text[at] > ' ')
        {
            return true;
        }

        var next = text[at..].IndexOfAnyExcept(" \t\r\n"u8);
        at = next < 0 ? text.Length : at + next;
        return next >= 0;
    }

    /// <summary>Moves over white space behind a document; true when that holds the end of its line, or of the text.</summary>
    public static bool IsLineEnd(ReadOnlySpan<byte> text, ref int at)
    {
        while (at < text.Length)
        {
            switch (text[at])
            {
                case (byte)'\n':
                    return true;
                case (byte)' ' or (byte)'\t' or (byte)'\r':
                    at++;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>Where decoding resumes behind a broken document.</summary>
    /// <param name="text">The payload.</param>
    /// <param name="start">Of the broken document.</param>
    /// <param name="breaksLater">
    /// Whether it breaks on a later line: then it was printed over several, unless the next line opens a document of its own.
    /// </param>
    public static int DamageEnd(ReadOnlySpan<byte> text, int start, bool breaksLater)
    {
        var end = start;
        do
        {
            var line = text[end..].IndexOf((byte)'\n');
            end = line < 0 ? text.Length : end + line + 1;
        }
        while (breaksLater && end < text.Length && text[end] != '{');

        return end;
    }

    /// <summary>The end without the white space before it.</summary>
    public static int TrimmedEnd(ReadOnlySpan<byte> text, int end) => text[..end].LastIndexOfAnyExcept(" \t\r\n"u8) + 1;
}
