using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>How lengths and distances are told: a code, and bits beyond it. Source: RFC 8878, 3.1.1.3.2.1.1.</summary>
internal static class SequenceCodes
{
    public const int LiteralCodes = 36;
    public const int MatchCodes = 53;
    public const int OffsetCodes = 32;

    /// <summary>Shortest match.</summary>
    public const int MatchMin = 3;

    /// <summary>The first three values stand for the distances used last.</summary>
    public const int Recent = 3;

    // From here on each code covers twice as many lengths as the one before, beginning at a power of two.
    private const int LiteralsListed = 64;
    private const int MatchesListed = 128;
    private const int LiteralsBehind = 19;
    private const int MatchesBehind = 36;

    private static ReadOnlySpan<byte> Literals =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 20, 20, 21, 21, 21, 21,
        22, 22, 22, 22, 22, 22, 22, 22, 23, 23, 23, 23, 23, 23, 23, 23, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24,
    ];

    private static ReadOnlySpan<byte> Matches =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 32, 33, 33, 34, 34, 35, 35, 36, 36, 36, 36, 37, 37, 37, 37, 38, 38, 38, 38, 38, 38, 38, 38, 39, 39, 39, 39, 39, 39, 39, 39,
        40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41,
        42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42,
    ];

    // Each code's lengths begin at a multiple of how many they are, so that the lowest bits are the rest.
    private static ReadOnlySpan<byte> LiteralBits => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4];

    private static ReadOnlySpan<byte> MatchBits =>
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Coded OfLiterals(int length) => (uint)length < LiteralsListed ? Listed(length, Literals[length], LiteralBits) : Behind(length, LiteralsBehind);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Coded OfMatch(int length) =>
        (uint)(length - MatchMin) < MatchesListed ? Listed(length - MatchMin, Matches[length - MatchMin], MatchBits) : Behind(length - MatchMin, MatchesBehind);

    /// <param name="value">One of the last three distances as 1 to 3, or a distance and <see cref="Recent"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Coded OfOffset(uint value)
    {
        var code = BitOperations.Log2(value);
        return new Coded(code, code, value - (1u << code));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Coded Listed(int length, byte code, ReadOnlySpan<byte> widths) => new(code, widths[code], (uint)length & ((1u << widths[code]) - 1));

    private static Coded Behind(int length, int behind)
    {
        var bits = BitOperations.Log2((uint)length);
        return new Coded(bits + behind, bits, (uint)length - (1u << bits));
    }

    /// <param name="Code">The symbol of its table.</param>
    /// <param name="Bits">How many bits follow.</param>
    /// <param name="Rest">What they hold.</param>
    internal readonly record struct Coded(int Code, int Bits, uint Rest);
}
