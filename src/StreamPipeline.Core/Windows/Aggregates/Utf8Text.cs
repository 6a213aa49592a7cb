namespace StreamPipeline.Core.Windows.Aggregates;

internal static class Utf8Text
{
    /// <summary>At most <paramref name="bytesMax"/> bytes of valid UTF-8, cut between characters.</summary>
    public static ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> text, int bytesMax)
    {
        if (text.Length <= bytesMax)
        {
            return text;
        }

        var end = bytesMax;
        while (end > 0 && (text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return text[..end];
    }
}
