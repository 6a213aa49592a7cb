using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Reads a string that holds more than plain ASCII, or is broken: what <see cref="TextScan{TVector}.Special"/> stopped at was not its closing quote.</summary>
internal static unsafe class AnyText<TVector>
    where TVector : struct, IByteVector
{
    /// <param name="text">Behind the opening quote; then the text without its escapes.</param>
    /// <param name="special">The first special byte from there.</param>
    /// <param name="row">Its scratch memory holds the text when it has escapes.</param>
    /// <param name="length">Of the text, bytes.</param>
    /// <returns>The closing quote; null when the string is broken, not UTF-8, or holds half a surrogate pair.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte* Read(ref byte* text, byte* special, PlanRow row, out int length)
    {
        var start = text;
        var end = *special >= 0x80 ? TextScan<TVector>.Closing(special, row.Limit) : special;
        if (*end == '"')
        {
            length = (int)(end - start);
        }
        else
        {
            end = EscapedText<TVector>.Read(start, end, row, out length);
            if (end == null)
            {
                return null;
            }

            text = row.Text(length);
        }

        // Escapes are ASCII, so the string as written is UTF-8 exactly when the text between them is.
        return end < row.Limit && Utf8Check.IsValid(start, (int)(end - start)) ? end : null;
    }
}
