using System.Buffers;
using System.Buffers.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class Base64TextTests
{
    private static readonly Gen<byte> _character = Gen.Frequency(
        (60, Gen.Int[0, 63].Select(value => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8[value])),
        (1, Gen.Byte),
        (1, Gen.Int[0, 4].Select(odd => "= \n-\\"u8[odd])));

    private static readonly Gen<byte[]> _plain =
        Gen.Byte.Array[0, 200].Select(bytes => System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)));

    private static readonly Gen<byte[]> _text = Gen.Frequency(
        (1, _character.Array[0, 150]),
        (2, _plain),
        (1, Gen.Select(_plain, Gen.Int[0, 200], Gen.Int[0, 3].Array[4]).Select((text, at, blanks) =>
            (byte[])[.. text.Take(at), .. blanks.Select(blank => " \t\r\n"u8[blank]), .. text.Skip(at)])));

    /// <summary>Each byte in turn stands among plain characters, so that every entry of the tables is looked up.</summary>
    [Fact]
    public void Every_byte_is_taken_for_what_it_is()
    {
        for (var value = 0; value < 256; value++)
        {
            for (var at = 0; at < 40; at++)
            {
                var text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"u8.ToArray();
                text[at] = (byte)value;
                Compare([.. text, (byte)'"', .. new byte[64]], slack: 64);
            }
        }
    }

    /// <summary>So that the end, and what is wrong, stands at each place of one vector, of a pair, and of what follows pairs.</summary>
    [Fact]
    public void Each_length_and_each_place_is_taken_for_what_it_is()
    {
        for (var count = 0; count <= 150; count++)
        {
            var bytes = new byte[count];
            new Random(count).NextBytes(bytes);
            var text = System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes));
            Compare([.. text, (byte)'"', .. new byte[70]], slack: 64);
            foreach (var behind in (int[])[0, 1, 2, 3, 4, 30, 31, 32, 33])
            {
                Compare([.. text, (byte)'"', .. new byte[behind]], slack: 64);
            }

            for (var room = count - 1; room < count + 70; room++)
            {
                Compare([.. text, (byte)'"', .. new byte[70]], room - text.Length - 71);
            }

            for (var at = 0; at < text.Length; at++)
            {
                foreach (var odd in "\"=*B\n\u00e9"u8)
                {
                    byte[] changed = [.. text[..at], odd, .. text[(at + 1)..], (byte)'"', .. new byte[70]];
                    Compare(changed, slack: 64);
                }
            }
        }
    }

    [Fact]
    public void Text_up_to_a_quote_is_decoded_as_by_the_platform_or_refused() =>
        Gen.Select(_text, Gen.OneOf("\"", "=\"", "==\"", "===\"", ""), Gen.Byte.Array[0, 70], Gen.OneOf(Gen.Int[0, 70], Gen.Int[-200, 0])).Sample(
            (text, end, behind, slack) => Compare([.. text, .. System.Text.Encoding.ASCII.GetBytes(end), .. behind], slack),
            iter: 100_000);

    private static void Compare(byte[] text, int slack)
    {
        var quote = Array.IndexOf(text, (byte)'"');
        var expected = new byte[text.Length];
        var expectedLength = 0;
        var isBase64 = quote >= 0
            && !text.AsSpan(0, quote).ContainsAny(" \t\r\n"u8)
            && Base64.DecodeFromUtf8(text.AsSpan(0, quote), expected, out _, out expectedLength) == OperationStatus.Done;

        var room = Math.Max(0, text.Length + slack);
        isBase64 &= expectedLength <= room;
        var guarded = new byte[room + 64];
        guarded.AsSpan(room).Fill(0xAA);
        Assert.Equal(isBase64, Base64Text.TryDecode(text, guarded.AsSpan(0, room), out var characters, out var length));
        Assert.True(guarded.AsSpan(room).IndexOfAnyExcept((byte)0xAA) < 0);
        if (isBase64)
        {
            Assert.Equal(quote, characters);
            Assert.Equal(Convert.ToHexString(expected.AsSpan(0, expectedLength)), Convert.ToHexString(guarded.AsSpan(0, length)));
        }
    }
}
