using System.Text;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Least and greatest value of a page or a chunk in their PLAIN form, in the order that the column's type defines. Source: parquet.thrift,
/// <c>ColumnOrder</c> and <c>Statistics</c>.
/// </summary>
/// <param name="Min">Not above any value.</param>
/// <param name="Max">Not below any value.</param>
/// <param name="IsMinExact">A value of the column; otherwise cut short.</param>
/// <param name="IsMaxExact">A value of the column; otherwise cut short and counted up.</param>
internal sealed record ValueBounds(byte[] Min, byte[] Max, bool IsMinExact = true, bool IsMaxExact = true)
{
    /// <summary>Longer bounds cost more in every footer than they save in skipped pages.</summary>
    public const int TextBytesMax = 64;

    /// <summary>Null when the greatest is long and cannot be counted up.</summary>
    public static ValueBounds? OfText(ReadOnlySpan<byte> min, ReadOnlySpan<byte> max)
    {
        if (max.Length <= TextBytesMax)
        {
            return new ValueBounds(Cut(min).ToArray(), max.ToArray(), min.Length <= TextBytesMax);
        }

        return CountedUp(Cut(max)) is { } above ? new ValueBounds(Cut(min).ToArray(), above, min.Length <= TextBytesMax, IsMaxExact: false) : null;
    }

    /// <summary>Whole characters of UTF-8 within the limit.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text)
    {
        if (text.Length <= TextBytesMax)
        {
            return text;
        }

        var end = TextBytesMax;
        while (end > 0 && (text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return text[..end];
    }

    /// <summary>The least text above all that begin so: the last character that has a next one is replaced by it, the rest dropped.</summary>
    private static byte[]? CountedUp(ReadOnlySpan<byte> text)
    {
        Span<byte> utf8 = stackalloc byte[4];
        while (Rune.DecodeLastFromUtf8(text, out var last, out var length) == System.Buffers.OperationStatus.Done)
        {
            text = text[..^length];

            // Surrogates are no characters: U+E000 comes after U+D7FF, in UTF-8 as in code points.
            var next = last.Value == 0xD7FF ? 0xE000 : last.Value + 1;
            if (Rune.IsValid(next))
            {
                return [.. text, .. utf8[..new Rune(next).EncodeToUtf8(utf8)]];
            }
        }

        return null;
    }
}
