using CsCheck;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Tests.Lake;

public sealed class TextRangeTests
{
    // Beginnings that are the same for a word, for a vector and for more, and zeros, which are not the same as nothing.
    private static readonly Gen<byte[]> _text = Gen.Select(
        Gen.Int[0, 13].Select(i => new[] { 0, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 63, 64, 71 }[i]),
        Gen.Int[0, 3].Select(i => new byte[] { 0, 1, (byte)'a', 255 }[i]).Array[0, 4],
        (shared, rest) => (byte[])[.. Enumerable.Repeat((byte)'x', shared), .. rest]);

    [Fact]
    public void The_least_and_the_greatest_text_are_found_whatever_they_share() =>
        _text.Array[1, 40].Sample(texts =>
        {
            var range = new TextRange(SpanOf(texts), first: 0);
            range.Add(0, texts.Length);
            var ordered = texts.Order(Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right))).ToArray();
            Assert.Equal(ordered[0], range.Min.ToArray());
            Assert.Equal(ordered[^1], range.Max.ToArray());
        }, iter: 5_000);

    [Fact]
    public void Two_texts_share_as_many_bytes_as_both_begin_with() =>
        Gen.Select(_text, _text).Sample((left, right) =>
            Assert.Equal(left.AsSpan().CommonPrefixLength(right), SpanOf([left, right]).Shared(0, 1)), iter: 5_000);

    [Fact]
    public void Texts_have_one_length_when_each_has() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[1, 70], Gen.Int[0, 69], Gen.Int[0, 2]).Sample((length, count, other, more) =>
        {
            var texts = Enumerable.Range(0, count).Select(row => new byte[length + (row == other ? more : 0)]).ToArray();
            Assert.Equal(texts.All(text => text.Length == length), SpanOf(texts).AreAllOf(length));
        }, iter: 2_000);

    private static TextSpan SpanOf(byte[][] texts)
    {
        int[] ends = [0, .. texts.Select((_, i) => texts[..(i + 1)].Sum(text => text.Length))];
        return new TextSpan(ends, (byte[])[.. texts.SelectMany(text => text), .. Enumerable.Repeat((byte)0x55, TextSpan.Slack)]);
    }
}
