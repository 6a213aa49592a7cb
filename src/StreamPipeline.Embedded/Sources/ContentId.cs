using System.Globalization;

namespace StreamPipeline.Embedded.Sources;

/// <summary>What an input is known by: its decompressed content, so that a file and its .gz are the same input, whatever their names.</summary>
/// <param name="Hash">XxHash128 of the decompressed bytes, as far as they can be read.</param>
/// <param name="Bytes">How many they are.</param>
public readonly record struct ContentId(UInt128 Hash, long Bytes)
{
    /// <summary>32 hexadecimal digits, a dash, the length in decimal: a name for keys and files.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Hash:x32}-{Bytes}");
}
