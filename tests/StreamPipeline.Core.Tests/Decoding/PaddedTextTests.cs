using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>Lengths on both sides of one vector, two and three; texts that end with what they are compared with, and such that go on.</summary>
public sealed class PaddedTextTests
{
    private const int LengthMax = 100;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(200)]
    public void It_is_found_where_a_text_begins_with_it_whatever_follows(int more)
    {
        var padded = new PaddedText();
        for (var length = 0; length <= LengthMax; length++)
        {
            var (text, whole) = Texts(length, more);
            padded.Set(text);
            Assert.True(Begins(padded, whole, whole.Length));
            Assert.True(IsAt(whole, whole.Length, text));
            for (var left = 0; left < length; left++)
            {
                Assert.False(Begins(padded, whole, left));
                Assert.False(IsAt(whole, left, text));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    public void One_other_bit_anywhere_is_seen_and_none_behind_is(int more)
    {
        var padded = new PaddedText();
        for (var length = 0; length <= LengthMax; length++)
        {
            var (text, whole) = Texts(length, more);
            padded.Set(text);
            for (var at = 0; at < whole.Length; at++)
            {
                whole[at] ^= (byte)(1 << (at % 8));
                Assert.Equal(at >= length, Begins(padded, whole, whole.Length));
                Assert.Equal(at >= length, IsAt(whole, whole.Length, text));
                whole[at] ^= (byte)(1 << (at % 8));
            }
        }
    }

    [Fact]
    public void It_becomes_another_one_longer_or_shorter()
    {
        var padded = new PaddedText();
        foreach (var length in (int[])[80, 3, 0, 81, 300, 33, 32, 31])
        {
            var (text, whole) = Texts(length, more: 9);
            padded.Set(text);
            Assert.Equal(length, padded.Length);
            Assert.True(Begins(padded, whole, whole.Length));
        }
    }

    private static (byte[] Text, byte[] Whole) Texts(int length, int more)
    {
        var whole = new byte[length + more];
        new Random(length).NextBytes(whole);
        return (whole[..length], whole);
    }

    private static unsafe bool Begins(PaddedText padded, byte[] text, int length)
    {
        fixed (byte* first = text)
        {
            return padded.Begins(first, first + length);
        }
    }

    /// <summary>As with a text that stands before the one it is looked for in.</summary>
    private static unsafe bool IsAt(byte[] text, int length, byte[] other)
    {
        byte[] both = [.. other, .. text[..length]];
        fixed (byte* first = both)
        {
            return PaddedText.IsAt(first + other.Length, first + both.Length, in *first, other.Length);
        }
    }
}
