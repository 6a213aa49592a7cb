using CsCheck;
using StreamPipeline.Core.Lake.Staging;

namespace StreamPipeline.Core.Tests.Lake;

/// <summary>Texts of one length are moved in blocks that reach beyond them.</summary>
public sealed class FixedTextsTests
{
    private const byte Untouched = 0xEE;

    [Fact]
    public void Cut_and_joined_again_texts_are_the_same_and_nothing_behind_them_is_written() =>
        Gen.Select(Gen.Int[1, 80], Gen.Int[1, 40], Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[0, int.MaxValue]).Sample((prefixBytes, width, count, room, seed) =>
        {
            var random = new Random(seed);
            var prefix = Bytes(random, prefixBytes);
            var rests = Bytes(random, width * count);
            var texts = Enumerable.Range(0, count).SelectMany(row => (byte[])[.. prefix, .. rests.AsSpan(row * width, width)]).ToArray();

            // Spans that end in the middle of an array: what is behind them is somebody else's.
            var joined = Enumerable.Repeat(Untouched, texts.Length + 64).ToArray();
            FixedTexts.Join(prefix, rests, width, joined.AsSpan(0, texts.Length));
            Assert.Equal(texts, joined[..texts.Length]);
            Assert.All(joined[texts.Length..], behind => Assert.Equal(Untouched, behind));

            var cut = Enumerable.Repeat(Untouched, rests.Length + room + 64).ToArray();
            FixedTexts.Cut(texts, prefixBytes, width, cut.AsSpan(0, rests.Length + room));
            Assert.Equal(rests, cut[..rests.Length]);
            Assert.All(cut[(rests.Length + room)..], behind => Assert.Equal(Untouched, behind));
        }, iter: 2_000);

    [Fact]
    public void Texts_without_a_shared_beginning_are_cut_as_they_are()
    {
        byte[] texts = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        var cut = new byte[200];
        FixedTexts.Cut(texts, prefix: 0, width: 10, cut);
        Assert.Equal(texts, cut);
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
