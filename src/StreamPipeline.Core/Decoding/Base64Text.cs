using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StreamPipeline.Core.Decoding;

/// <summary>
/// Decodes base64 between quotes. Where there is AVX2, one pass over the text finds its end and decodes it; elsewhere, and where the text is not plain base64 to the
/// last character, .NET's own decoder has the say.
/// Source: Wojciech Muła and Daniel Lemire, "Faster Base64 Encoding and Decoding using AVX2 Instructions", ACM Transactions on the Web 12 (2018).
/// </summary>
internal static class Base64Text
{
    /// <summary>Bytes that a call may write behind what it decodes.</summary>
    public const int SlackBytes = 32;

    private const int Characters = 32;
    private const int Bytes = Characters / 4 * 3;

    /// <summary>What is to stand behind the last character when it is the nth of four, least byte first: the padding that is due, and a quote. Behind a first one nothing may.</summary>
    private static ReadOnlySpan<uint> Ends => [0x22, 0x01, 0x223D3D, 0x223D];

    private static ReadOnlySpan<uint> EndMasks => [0xFF, 0, 0xFFFFFF, 0xFFFF];

    /// <param name="text">Begins behind the opening quote and goes on behind the closing one.</param>
    /// <param name="bytes">Receives what is decoded, and may be written to behind it.</param>
    /// <param name="characters">Up to the closing quote.</param>
    /// <param name="length">Of what is decoded.</param>
    /// <returns>False: it is not base64, or with white space in it, or it has no end.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes, out int characters, out int length)
    {
        if (Avx2.IsSupported && TryDecodeVectors(text, bytes, out characters, out length))
        {
            return true;
        }

        length = 0;
        characters = text.IndexOf((byte)'"');

        // White space in base64 is passed over, line breaks too, which JSON does not allow in a string: what is shorter than it should be may have had some.
        return characters >= 0
            && characters % 4 == 0
            && Base64.DecodeFromUtf8(text[..characters], bytes, out _, out length) == OperationStatus.Done
            && length > (characters / 4 * 3) - 3;
    }

    private static bool TryDecodeVectors(ReadOnlySpan<byte> text, Span<byte> bytes, out int characters, out int length)
    {
        ref var from = ref MemoryMarshal.GetReference(text);
        ref var to = ref MemoryMarshal.GetReference(bytes);

        // As many vectors can be read whole, and written with the bytes behind what they mean.
        var vectors = (uint)Math.Min(text.Length / Characters, (bytes.Length - (SlackBytes - Bytes)) / Bytes);
        nuint at = 0;
        for (; at + 1 < vectors; at += 2)
        {
            var first = Vector256.LoadUnsafe(ref from, at * Characters);
            var second = Vector256.LoadUnsafe(ref from, (at + 1) * Characters);
            if ((Others(first) | Others(second)) != Vector256<byte>.Zero)
            {
                break;
            }

            Store(Pack(first), ref to, at * Bytes);
            Store(Pack(second), ref to, (at + 1) * Bytes);
        }

        for (; at < vectors; at++)
        {
            var vector = Vector256.LoadUnsafe(ref from, at * Characters);
            var others = Others(vector);
            if (others != Vector256<byte>.Zero)
            {
                return TryDecodeLast(text, vector, others, ref to, (int)at, out characters, out length);
            }

            Store(Pack(vector), ref to, at * Bytes);
        }

        characters = length = 0;
        return false;
    }

    /// <summary>The end is in this vector: what stands there and behind it counts as 'A', which is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryDecodeLast(ReadOnlySpan<byte> text, Vector256<byte> vector, Vector256<byte> others, ref byte to, int at, out int characters, out int length)
    {
        var count = BitOperations.TrailingZeroCount(~Vector256.Equals(others, Vector256<byte>.Zero).ExtractMostSignificantBits());
        vector = Vector256.ConditionalSelect(Vector256.LessThan(Vector256<byte>.Indices, Vector256.Create((byte)count)), vector, Vector256.Create((byte)'A'));
        Store(Pack(vector), ref to, (nuint)at * Bytes);
        var end = (at * Characters) + count;
        characters = end + (-count & 3);
        length = (at * Bytes) + (count * 3 >> 2);
        if (text.Length - end < sizeof(uint))
        {
            return false;
        }

        // Bits of the last character that are in no byte are to be 0; they are in the one behind, as the 'A's are when there are none.
        var behind = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetReference(text), end));
        return (((behind & EndMasks[count & 3]) ^ Ends[count & 3]) | Unsafe.Add(ref to, length)) == 0;
    }

    /// <summary>0 for each character of base64: its two halves look up bits that have none in common.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Others(Vector256<byte> text)
    {
        var low = Avx2.Shuffle(
            Vector256.Create(Vector128.Create((byte)0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A)),
            text & Vector256.Create((byte)0x0F));
        var high = Avx2.Shuffle(
            Vector256.Create(Vector128.Create((byte)0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10)),
            HighHalves(text));
        return low & high;
    }

    /// <summary>The values of 32 characters, six bits each, as twice 12 bytes and 4 that mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pack(Vector256<byte> text)
    {
        // A slash is the one character that its high half does not tell from its neighbours.
        var offsets = Avx2.Shuffle(
            Vector256.Create(Vector128.Create((sbyte)0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0)).AsByte(),
            Vector256.Equals(text, Vector256.Create((byte)'/')) + HighHalves(text));
        var pairs = Avx2.MultiplyAddAdjacent(text + offsets, Vector256.Create(0x01400140).AsSByte());
        var fours = Avx2.MultiplyAddAdjacent(pairs, Vector256.Create(0x00011000).AsInt16()).AsByte();
        return Avx2.Shuffle(fours, Vector256.Create(Vector128.Create((byte)2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 0xFF, 0xFF, 0xFF, 0xFF)));
    }

    /// <summary>The second half over the four bytes of the first that mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<byte> packed, ref byte to, nuint at)
    {
        packed.GetLower().StoreUnsafe(ref to, at);
        packed.GetUpper().StoreUnsafe(ref to, at + (Bytes / 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> HighHalves(Vector256<byte> text) =>
        (text.AsUInt32() >>> 4).AsByte() & Vector256.Create((byte)0x0F);
}
