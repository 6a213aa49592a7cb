using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Embedded.Sources;

/// <summary>
/// The MD5 of what fits one block, as partition keys do: a tenth of what a call of the platform's library costs, nearly all of which is its set-up.
/// Kinesis places records by it; nothing is secured by it. Source: RFC 1321.
/// </summary>
internal static class ShortMd5
{
    /// <summary>A block less the bit behind the text and its length.</summary>
    public const int BytesMax = 55;

    private const int BlockWords = 16;

    /// <summary>floor(2^32 × |sin(i + 1)|), in radians.</summary>
    private static ReadOnlySpan<uint> Sines =>
    [
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
        0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
        0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
    ];

    /// <param name="text">At most <see cref="BytesMax"/> bytes.</param>
    /// <returns>The hash's 16 bytes as a big-endian number.</returns>
    public static UInt128 Hash(ReadOnlySpan<byte> text)
    {
        Span<byte> block = stackalloc byte[BlockWords * sizeof(uint)];
        block.Clear();
        text.CopyTo(block);
        block[text.Length] = 0x80;
        BinaryPrimitives.WriteUInt64LittleEndian(block[^8..], (ulong)text.Length * 8);
        Span<uint> words = stackalloc uint[BlockWords];
        for (var i = 0; i < BlockWords; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(i * sizeof(uint))..]);
        }

        return Hash(words);
    }

    private static UInt128 Hash(Span<uint> words)
    {
        const uint A = 0x67452301, B = 0xefcdab89, C = 0x98badcfe, D = 0x10325476;
        var (a, b, c, d) = (A, B, C, D);
        for (var i = 0; i < 16; i += 4)
        {
            Step(ref a, b, d ^ (b & (c ^ d)), words[i], i, 7);
            Step(ref d, a, c ^ (a & (b ^ c)), words[i + 1], i + 1, 12);
            Step(ref c, d, b ^ (d & (a ^ b)), words[i + 2], i + 2, 17);
            Step(ref b, c, a ^ (c & (d ^ a)), words[i + 3], i + 3, 22);
        }

        for (var i = 16; i < 32; i += 4)
        {
            Step(ref a, b, c ^ (d & (b ^ c)), words[((5 * i) + 1) & 15], i, 5);
            Step(ref d, a, b ^ (c & (a ^ b)), words[((5 * i) + 6) & 15], i + 1, 9);
            Step(ref c, d, a ^ (b & (d ^ a)), words[((5 * i) + 11) & 15], i + 2, 14);
            Step(ref b, c, d ^ (a & (c ^ d)), words[5 * i & 15], i + 3, 20);
        }

        for (var i = 32; i < 48; i += 4)
        {
            Step(ref a, b, b ^ c ^ d, words[((3 * i) + 5) & 15], i, 4);
            Step(ref d, a, a ^ b ^ c, words[((3 * i) + 8) & 15], i + 1, 11);
            Step(ref c, d, d ^ a ^ b, words[((3 * i) + 11) & 15], i + 2, 16);
            Step(ref b, c, c ^ d ^ a, words[((3 * i) + 14) & 15], i + 3, 23);
        }

        for (var i = 48; i < 64; i += 4)
        {
            Step(ref a, b, c ^ (b | ~d), words[7 * i & 15], i, 6);
            Step(ref d, a, b ^ (a | ~c), words[((7 * i) + 7) & 15], i + 1, 10);
            Step(ref c, d, a ^ (d | ~b), words[((7 * i) + 14) & 15], i + 2, 15);
            Step(ref b, c, d ^ (c | ~a), words[((7 * i) + 21) & 15], i + 3, 21);
        }

        return new UInt128(BigEndian(A + a, B + b), BigEndian(C + c, D + d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref uint a, uint b, uint mixed, uint word, int i, int rotation) =>
        a = b + BitOperations.RotateLeft(a + mixed + word + Sines[i], rotation);

    private static ulong BigEndian(uint first, uint second) =>
        ((ulong)BinaryPrimitives.ReverseEndianness(first) << 32) | BinaryPrimitives.ReverseEndianness(second);
}
