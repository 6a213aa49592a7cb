using System.Buffers;

namespace StreamPipeline.Core.Lake;

/// <summary>What an object's key may be. Stream and shard names become part of keys, so keys are input.</summary>
public static class ObjectKey
{
    /// <summary>Most characters; S3 allows 1,024 bytes.</summary>
    public const int LengthMax = 1_024;

    // Longer names fail on every common file system.
    private const int SegmentBytesMax = 240;

    // Windows takes none of these in a name.
    private static readonly SearchValues<char> Refused = SearchValues.Create("\\:*?\"<>|");

    /// <exception cref="ArgumentException">The key could leave the lake or cannot be stored everywhere; the message says why.</exception>
    public static void Check(string key)
    {
        if (ProblemOf(key) is { } problem)
        {
            var shown = key.Length <= 80 ? key : key[..80] + "…";
            throw new ArgumentException($"'{shown}' is no object key: {problem}", nameof(key));
        }
    }

    private static string? ProblemOf(string key)
    {
        if (key.Length is 0 or > LengthMax)
        {
            return $"it has {key.Length} characters and 1 to {LengthMax} are allowed";
        }

        foreach (var range in key.AsSpan().Split('/'))
        {
            var segment = key.AsSpan()[range];
            if (segment.IsEmpty)
            {
                return "it starts or ends with a slash or holds two in a row";
            }

            if (segment is "." or "..")
            {
                return $"it holds the segment '{segment}'";
            }

            if (segment.StartsWith(".tmp-", StringComparison.Ordinal))
            {
                return "names that start with '.tmp-' are for files being written";
            }

            if (System.Text.Encoding.UTF8.GetByteCount(segment) > SegmentBytesMax)
            {
                return $"a segment has more than {SegmentBytesMax} bytes";
            }
        }

        return key.AsSpan().IndexOfAny(Refused) >= 0 || key.Any(char.IsControl)
            ? "it holds a control character or one of \\ : * ? \" < > |"
            : null;
    }
}
