namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// What is left of texts without what they share with the one before. Of counters that is a digit mostly, two of every tenth and so on; kept at three digits
/// for nearly all, the lengths are all the same, and zstd finds the digits in step a thousand texts before. Sequence numbers take a fifth of the room.
/// </summary>
internal static class TextRests
{
    private const int Stretches = 16;
    private const int StretchTexts = 256;

    // A length that differs costs some bytes, twice.
    private const double LongerAtMost = 1.0 / 512;
    private const double BytesMoreMax = 2;

    /// <summary>How many bytes to leave of each text; 0 for no more than differ, negative when neighbours do not begin alike.</summary>
    /// <param name="texts">One at least.</param>
    public static int Choose(TextSpan texts)
    {
        Span<int> ofLength = stackalloc int[TextSpan.Slack + 2];
        ofLength.Clear();
        var step = Math.Max(StretchTexts, (texts.Count - 1) / Stretches);
        var (taken, stretches) = (0, 0);
        long shared = 0;
        long bytes = 0;
        for (var from = 1; from < texts.Count && stretches < Stretches; from += step, stretches++)
        {
            var count = Math.Min(StretchTexts, texts.Count - from);
            for (var i = from; i < from + count; i++)
            {
                var same = texts.Shared(i, i - 1);
                shared += same;
                ofLength[Math.Min(texts.Bytes(i, 1) - same, ofLength.Length - 1)]++;
            }

            bytes += texts.Bytes(from, count);
            taken += count;
        }

        return shared * 2 <= bytes ? -1 : Usual(ofLength, taken);
    }

    private static int Usual(ReadOnlySpan<int> ofLength, int count)
    {
        var (length, longer, more) = (0, count - ofLength[0], 0L);
        while (longer > count * LongerAtMost)
        {
            more += count - longer;
            longer -= ofLength[++length];
            if (length > TextSpan.Slack || more > BytesMoreMax * count)
            {
                return 0;
            }
        }

        return length;
    }
}
