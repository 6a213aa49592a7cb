using System.Text;
using System.Text.Unicode;
using CsCheck;
using StreamPipeline.Core.Decoding.Compiled;

namespace StreamPipeline.Core.Tests.Decoding.Compiled;

/// <summary>The vectorized check of UTF-8 against the runtime's.</summary>
public sealed class Utf8CheckTests
{
    private static readonly Gen<byte[]> Piece = Gen.OneOf(
        Pick.From("a", "é", "世", "😀", "\u0080", "\u07FF", "\u0800", "\uFFFF", "\U0010FFFF").Select(Encoding.UTF8.GetBytes),
        Gen.Byte.Array[1, 3],
        Pick.From<byte[]>([0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3], [0xFF]),
        Gen.Int[0, 40].Select(length => Encoding.ASCII.GetBytes(new string('x', length))));

    [Fact]
    public void Texts_of_odd_pieces_are_judged_as_the_runtime_judges_them() =>
        Piece.Array[0, 12].Select(pieces => pieces.SelectMany(piece => piece).ToArray()).Sample(AssertSame, iter: 100_000);

    [Fact]
    public void Every_sequence_of_two_bytes_is_judged_at_every_place_of_a_vector()
    {
        foreach (var place in (int[])[0, 1, 2, 13, 14, 15, 16, 29, 30, 31, 32])
        {
            for (var pair = 0; pair < 1 << 16; pair++)
            {
                byte[] bytes = [.. Enumerable.Repeat((byte)'x', place), (byte)(pair >> 8), (byte)pair];
                AssertSame(bytes);
            }
        }
    }

    [Fact]
    public void Every_code_point_is_valid_and_no_half_of_one_is()
    {
        Span<byte> bytes = stackalloc byte[4];
        for (var point = 0x80; point <= 0x10FFFF; point += 61)
        {
            if (Rune.IsValid(point))
            {
                var length = new Rune(point).EncodeToUtf8(bytes);
                AssertSame(bytes[..length].ToArray());
                AssertSame(bytes[..(length - 1)].ToArray());
                AssertSame([.. "x".PadRight(31).Select(c => (byte)c), .. bytes[..length], .. bytes[1..length]]);
            }
        }
    }

    /// <summary>As a string in a document: with a quote and whatever else behind it, and anything before it.</summary>
    private static unsafe void AssertSame(byte[] bytes)
    {
        var expected = Utf8.IsValid(bytes);
        foreach (var around in (byte[])[0xF4, 0xBF])
        {
            var memory = new byte[4 + bytes.Length + 64];
            memory.AsSpan().Fill(around);
            bytes.CopyTo(memory, 4);
            memory[4 + bytes.Length] = (byte)'"';
            fixed (byte* at = &memory[4])
            {
                if (Utf8Check.IsValid(at, bytes.Length) != expected || Utf8Check.IsValid16(at, bytes.Length) != expected)
                {
                    Assert.Fail($"{Convert.ToHexString(bytes)} is {(expected ? "" : "not ")}UTF-8");
                }
            }
        }
    }
}
