using System.Globalization;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>String escapes by RFC 8259 section 7.</summary>
internal static class StringEscapes
{
    /// <summary>Whether each <c>\uD800</c> to <c>\uDFFF</c> is half of a pair; others have no UTF-8 form.</summary>
    /// <param name="escaped">The inside of a well-formed JSON string.</param>
    public static bool ArePaired(ReadOnlySpan<byte> escaped)
    {
        var at = escaped.IndexOf((byte)'\\');
        while (at >= 0)
        {
            var width = 2;
            if (escaped[at + 1] == 'u')
            {
                var unit = Unit(escaped[at..]);
                width = 6;
                if (char.IsLowSurrogate(unit))
                {
                    return false;
                }

                if (char.IsHighSurrogate(unit))
                {
                    var next = escaped[(at + 6)..];
                    if (next.Length < 6 || next[0] != '\\' || next[1] != 'u' || !char.IsLowSurrogate(Unit(next)))
                    {
                        return false;
                    }

                    width = 12;
                }
            }

            escaped = escaped[(at + width)..];
            at = escaped.IndexOf((byte)'\\');
        }

        return true;
    }

    private static char Unit(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
