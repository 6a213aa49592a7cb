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

    // The first three values stand for the distances used last.
    private const int Recent = 3;

    // Lengths below have a code each.
    private const int LiteralsPlain = 16;
    private const int MatchesPlain = 32;

    private static ReadOnlySpan<byte> LiteralBits => [1, 1, 1, 1, 2, 2, 3, 3, 4, 6];

    private static ReadOnlySpan<byte> MatchBits => [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Coded OfLiterals(int length) => length < LiteralsPlain ? new Coded((byte)length, 0, 0) : Search(length, LiteralsPlain, LiteralBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Coded OfMatch(int length) =>
        length - MatchMin < MatchesPlain ? new Coded((byte)(length - MatchMin), 0, 0) : Search(length - MatchMin, MatchesPlain, MatchBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Coded OfOffset(int distance)
    {
        var value = (uint)distance + Recent;
        var code = BitOperations.Log2(value);
        return new Coded((byte)code, (byte)code, value - (1u << code));
    }

    /// <summary>Codes that cover more and more lengths; behind the listed ones each covers twice as many.</summary>
    private static Coded Search(int length, int plain, ReadOnlySpan<byte> widths)
    {
        var (start, code) = (plain, plain);
        while (true)
        {
            var bits = code - plain < widths.Length ? widths[code - plain] : widths[^1] + code - plain - widths.Length + 1;
            if (length < start + (1 << bits))
            {
                return new Coded((byte)code, (byte)bits, (uint)(length - start));
            }

            start += 1 << bits;
            code++;
        }
    }

    /// <param name="Code">The symbol of its table.</param>
    /// <param name="Bits">How many bits follow.</param>
    /// <param name="Rest">What they hold.</param>
    internal readonly record struct Coded(byte Code, byte Bits, uint Rest);
}
