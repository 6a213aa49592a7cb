namespace StreamPipeline.Core.Contracts;

internal static class PowersOfTen
{
    /// <summary>The greatest that 64 bits hold.</summary>
    public const int Max = 19;

    /// <summary>By how many zeros they have.</summary>
    public static ReadOnlySpan<ulong> All =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000,
        100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ];
}
