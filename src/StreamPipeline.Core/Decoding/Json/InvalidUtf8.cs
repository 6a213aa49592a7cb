using System.Buffers;
using System.Text;

namespace StreamPipeline.Core.Decoding.Json;

/// <summary>Says what is wrong with bytes that are not UTF-8.</summary>
internal static class InvalidUtf8
{
    public static string Detail(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (at < text.Length && Rune.DecodeFromUtf8(text[at..], out _, out var consumed) == OperationStatus.Done)
        {
            at += consumed;
        }

        return $"byte {at + 1} of {text.Length} is not UTF-8" + (at < text.Length ? $": 0x{text[at]:X2}" : "");
    }
}
