namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>Arrow validity bitmaps, many rows at once.</summary>
internal static class ValidityBits
{
    /// <summary>Whether all of these rows have a value; an empty bitmap has no nulls.</summary>
    public static bool AreSet(ReadOnlySpan<byte> bitmap, int from, int count)
    {
        if (bitmap.IsEmpty || count == 0)
        {
            return true;
        }

        var (first, last) = (from >> 3, (from + count - 1) >> 3);
        var firstMask = 0xFF << (from & 7);
        var lastMask = 0xFF >> (7 - ((from + count - 1) & 7));
        if (first == last)
        {
            return (bitmap[first] & firstMask & lastMask) == (firstMask & lastMask & 0xFF);
        }

        return (bitmap[first] & firstMask) == (firstMask & 0xFF)
            && (bitmap[last] & lastMask) == lastMask
            && bitmap[(first + 1)..last].IndexOfAnyExcept((byte)0xFF) < 0;
    }
}
