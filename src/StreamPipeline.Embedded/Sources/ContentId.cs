using System.Globalization;

namespace StreamPipeline.Embedded.Sources;

/// <summary>What an input is known by: its decompressed content, so that a file and its .gz are the same input, whatever their names.</summary>
/// <param name="Hash">XxHash128 of the decompressed bytes, as far as they can be read.</param>
/// <param name="Bytes">How many they are.</param>
public readonly record struct ContentId(UInt128 Hash, long Bytes)
{
    private const int HashDigits = 32;

    /// <summary>The inverse of <see cref="ToString"/>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ContentId Parse(string text) => text.Length > HashDigits + 1 && text[HashDigits] == '-'
        ? new ContentId(
            UInt128.Parse(text.AsSpan(0, HashDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            long.Parse(text.AsSpan(HashDigits + 1), NumberStyles.None, CultureInfo.InvariantCulture))
        : throw new FormatException($"'{text}' is not the id of a content");

    /// <summary>32 hexadecimal digits, a dash, the length in decimal: a name for keys and files.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Hash:x32}-{Bytes}");
}
