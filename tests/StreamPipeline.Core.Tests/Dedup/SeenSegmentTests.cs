using CsCheck;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Tests.Dedup;

public sealed class SeenSegmentTests
{
    private static readonly Gen<UInt128> Fingerprint = Gen.ULong.Select(Gen.ULong, (high, low) => new UInt128(high, low));

    [Fact]
    public void Segments_survive_being_cut_into_parts() =>
        Fingerprint.Array[1, 200].Select(Gen.Int[36, 2000], Gen.Long[0, long.MaxValue]).Sample((fingerprints, partBytesMax, expiresAtUs) =>
        {
            var parts = new SeenSegment(expiresAtUs, fingerprints).Encode(partBytesMax);
            Assert.All(parts, part => Assert.InRange(part.Length, 36, partBytesMax));
            var decoded = parts.Select(part => SeenSegment.Decode(part)).ToList();
            Assert.All(decoded, part => Assert.Equal(expiresAtUs, part.ExpiresAtUs));
            Assert.Equal(fingerprints.Select(SeenSegment.KeptOf), decoded.SelectMany(part => part.Fingerprints.ToArray()));
            Assert.Equal(parts.Count, (int)Math.Ceiling(fingerprints.Length / Math.Floor((partBytesMax - 24) / 12.0)));
        });

    [Fact]
    public void Of_a_fingerprint_the_first_96_bits_are_kept() =>
        Fingerprint.Select(Gen.Int[0, 127]).Sample((fingerprint, bit) =>
            Assert.Equal(bit >= 32, SeenSegment.KeptOf(fingerprint) != SeenSegment.KeptOf(fingerprint ^ (UInt128.One << bit))));

    /// <summary>As version 1 wrote it.</summary>
    [Fact]
    public void Segments_of_version_1_had_whole_fingerprints_and_are_read_like_others()
    {
        var part = Convert.FromHexString(
            "5350534e01000000150d7a1f240a06004556626f2a484c86" + "1032547698badcfeefcdab8967452301" + "ffffffffffffffffffffffffffffffff"
            + "01000000000000000000000000000000" + "ffffffff010000000000000000000080");
        var segment = SeenSegment.Decode(part);
        Assert.Equal(1_700_000_123_456_789, segment.ExpiresAtUs);
        Assert.Equal(
            [new UInt128(0x0123456789abcdef, 0xfedcba9800000000), new UInt128(ulong.MaxValue, 0xffffffff00000000), UInt128.Zero, new UInt128(0x8000000000000000, 0x0000000100000000)],
            segment.Fingerprints.ToArray());
        Assert.Contains("version 1", Assert.Throws<InvalidDataException>(() => SeenSegment.Decode(part.AsSpan(0, 24 + 36))).Message, StringComparison.Ordinal);
        part[4] = 3;
        Assert.Contains("newer", Assert.Throws<InvalidDataException>(() => SeenSegment.Decode(part)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grouping_keeps_every_fingerprint_below_its_expiry_in_order() =>
        Fingerprint.Select(Gen.Long[0, 3]).List[0, 50].Sample(added =>
        {
            var groups = SeenSegment.Group([.. added.Select(item => item.Item1)], [.. added.Select(item => item.Item2)]);
            Assert.Equal(
                added.OrderBy(item => item.Item2).Select(item => (item.Item2, item.Item1)),
                groups.SelectMany(group => group.Fingerprints.ToArray().Select(fingerprint => (group.ExpiresAtUs, fingerprint))));
        });

    [Fact]
    public void Damaged_segments_are_refused() =>
        Fingerprint.Array[1, 20].Select(Gen.Int[0, int.MaxValue], Gen.Byte[1, 255], Gen.Bool).Sample((fingerprints, at, flip, cut) =>
        {
            var part = new SeenSegment(5, fingerprints).Encode(380_000)[0];
            at %= part.Length;
            part[at] ^= flip;
            Assert.Throws<InvalidDataException>(() => SeenSegment.Decode(cut ? part.AsSpan(0, at) : part));
        });

    [Fact]
    public void Sort_keys_are_parsed_back_and_live_ones_are_one_range() =>
        Gen.Long[0, long.MaxValue].Select(Gen.Long[0, long.MaxValue], Gen.Int[0, int.MaxValue], Gen.String[Gen.Char['a', 'z'], 1, 32]).Sample((expiresAtUs, arrivalUs, n, attempt) =>
        {
            var sortKey = SeenSegment.SortKey(expiresAtUs, attempt, n);
            Assert.True(SeenSegment.TryParseSortKey(sortKey, out var parsedUs, out var parsedAttempt, out var part));
            Assert.Equal((expiresAtUs, attempt, n), (parsedUs, parsedAttempt, part));
            var (from, to) = SeenSegment.LiveSortKeys(arrivalUs);
            Assert.Equal(expiresAtUs > arrivalUs, string.CompareOrdinal(sortKey, from) >= 0 && string.CompareOrdinal(sortKey, to) < 0);
        });

    [Theory]
    [InlineData("")]
    [InlineData("SEEN#")]
    [InlineData("SEEN#1#a#0")]
    [InlineData("SEEN#00000000000000000001##0")]
    [InlineData("SEEN#00000000000000000001#a#-1")]
    [InlineData("SEEN#0000000000000000000x#a#1")]
    [InlineData("SEEN#99999999999999999999#a#1")]
    [InlineData("BATCH#00000000000000000001#a#1")]
    public void Other_sort_keys_are_not_taken_for_segments(string sortKey) =>
        Assert.False(SeenSegment.TryParseSortKey(sortKey, out _, out _, out _));
}
