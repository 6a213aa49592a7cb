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

    // The number of bits in the upper byte, the code in the lower.
    private static ReadOnlySpan<ushort> Literals =>
    [
        0x000, 0x001, 0x002, 0x003, 0x004, 0x005, 0x006, 0x007, 0x008, 0x009, 0x00A, 0x00B, 0x00C, 0x00D, 0x00E, 0x00F,
        0x110, 0x110, 0x111, 0x111, 0x112, 0x112, 0x113, 0x113, 0x214, 0x214, 0x214, 0x214, 0x215, 0x215, 0x215, 0x215,
        0x316, 0x316, 0x316, 0x316, 0x316, 0x316, 0x316, 0x316, 0x317, 0x317, 0x317, 0x317, 0x317, 0x317, 0x317, 0x317,
        0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418, 0x418,
    ];

    private static ReadOnlySpan<byte> Matches =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 32, 33, 33, 34, 34, 35, 35, 36, 36, 36, 36, 37, 37, 37, 37, 38, 38, 38, 38, 38, 38, 38, 38, 39, 39, 39, 39, 39, 39, 39, 39,
        40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41,
        42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42,
    ];

    // Each code's lengths begin at a multiple of how many they are, so that the lowest bits are the rest.
    private static ReadOnlySpan<byte> MatchBits =>
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5];

    /// <param name="length">Not negative.</param>
    /// <param name="code">The symbol of its table.</param>
    /// <param name="bits">How many bits follow, at most 16.</param>
    /// <param name="rest">What they hold.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OfLiterals(int length, out int code, out int bits, out uint rest)
    {
        if ((uint)length < LiteralsListed)
        {
            int listed = Literals[length];
            code = (byte)listed;
            bits = listed >> 8;
            rest = BitStream.Lowest((uint)length, bits);
        }
        else
        {
            var coded = Behind(length, LiteralsBehind);
            (code, bits, rest) = (coded.Code, coded.Bits, coded.Rest);
        }
    }

    /// <param name="length">At least <see cref="MatchMin"/>.</param>
    public static Coded OfMatch(int length)
    {
        length -= MatchMin;
        if (length >= MatchesListed)
        {
            return Behind(length, MatchesBehind);
        }

        int code = Matches[length];
        return new Coded(code, MatchBits[code], (int)BitStream.Lowest((uint)length, MatchBits[code]));
    }

    private static Coded Behind(int length, int behind)
    {
        var bits = BitOperations.Log2((uint)length);
        return new Coded(bits + behind, bits, length - (1 << bits));
    }

    /// <summary>A length as it is told.</summary>
    internal readonly struct Coded
    {
        private const int RestShift = 16;
        private readonly uint _packed;

        /// <param name="code">The symbol of its table.</param>
        /// <param name="bits">How many bits follow, at most 16.</param>
        /// <param name="rest">What they hold.</param>
        public Coded(int code, int bits, int rest) => _packed = (uint)(code | (bits << 8) | (rest << RestShift));

        public byte Code => (byte)_packed;

        public int Bits => (byte)(_packed >> 8);

        public uint Rest => _packed >> RestShift;
    }
}
