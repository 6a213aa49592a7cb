using System.Text;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>Text for a message, of bounded length whatever the input.</summary>
internal static class Excerpt
{
    /// <param name="utf8">Any bytes; what is not UTF-8 is shown as U+FFFD.</param>
    /// <param name="charactersMax">Longer texts are cut there and end in an ellipsis.</param>
    public static string Of(ReadOnlySpan<byte> utf8, int charactersMax)
    {
        // A character takes at most 4 bytes, so the part holds enough of them.
        var part = utf8[..Math.Min(utf8.Length, (charactersMax * 4) + 4)];
        var text = Encoding.UTF8.GetString(part);
        if (text.Length <= charactersMax && part.Length == utf8.Length)
        {
            return text;
        }

        var end = Math.Min(text.Length, charactersMax);
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }
}
