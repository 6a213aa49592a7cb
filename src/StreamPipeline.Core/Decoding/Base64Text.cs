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

        // A whole vector can be read at from + read, and one be written at to + written, as long as these hold.
        var (readMax, writtenMax) = (text.Length - Characters, bytes.Length - Vector256<byte>.Count);
        var (read, written) = (0, 0);
        while (read <= readMax && written <= writtenMax)
        {
            var vector = Vector256.LoadUnsafe(ref from, (nuint)read);
            var others = Others(vector);
            if (others == Vector256<byte>.Zero)
            {
                Pack(vector).StoreUnsafe(ref to, (nuint)written);
                read += Characters;
                written += Bytes;
                continue;
            }

            // The end is in this vector: what stands there and behind it counts as 'A', which is 0.
            var count = BitOperations.TrailingZeroCount(~Vector256.Equals(others, Vector256<byte>.Zero).ExtractMostSignificantBits());
            vector = Vector256.ConditionalSelect(Vector256.LessThan(Vector256<byte>.Indices, Vector256.Create((byte)count)), vector, Vector256.Create((byte)'A'));
            Pack(vector).StoreUnsafe(ref to, (nuint)written);
            characters = read + count;
            length = written + (count * 3 / 4);

            // Bits of the last character that are in no byte are to be 0; they are in the one behind.
            return IsEnd(text, ref characters) && (count % 4 == 0 || Unsafe.Add(ref to, length) == 0);
        }

        characters = length = 0;
        return false;
    }

    /// <summary>Whether base64 may end here: with the padding that is due, if any, and a quote.</summary>
    private static bool IsEnd(ReadOnlySpan<byte> text, ref int characters)
    {
        var padding = -characters & 3;
        for (var i = 0; i < padding; i++)
        {
            if (characters == text.Length || text[characters++] != '=')
            {
                return false;
            }
        }

        return padding < 3 && characters < text.Length && text[characters] == '"';
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

    /// <summary>The values of 32 characters, six bits each, as 24 bytes and 8 that mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pack(Vector256<byte> text)
    {
        // A slash is the one character that its high half does not tell from its neighbours.
        var offsets = Avx2.Shuffle(
            Vector256.Create(Vector128.Create((sbyte)0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0)).AsByte(),
            Vector256.Equals(text, Vector256.Create((byte)'/')) + HighHalves(text));
        var pairs = Avx2.MultiplyAddAdjacent(text + offsets, Vector256.Create(0x01400140).AsSByte());
        var fours = Avx2.MultiplyAddAdjacent(pairs, Vector256.Create(0x00011000).AsInt16()).AsByte();
        var packed = Avx2.Shuffle(fours, Vector256.Create(Vector128.Create((byte)2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 0xFF, 0xFF, 0xFF, 0xFF)));
        return Avx2.PermuteVar8x32(packed.AsInt32(), Vector256.Create(0, 1, 2, 4, 5, 6, 7, 7)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> HighHalves(Vector256<byte> text) =>
        (text.AsUInt32() >>> 4).AsByte() & Vector256.Create((byte)0x0F);
}
