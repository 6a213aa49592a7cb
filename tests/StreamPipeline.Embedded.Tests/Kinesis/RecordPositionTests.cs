using CsCheck;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class RecordPositionTests
{
    private static readonly Gen<RecordPosition> _positions = Gen.Select(
        Gen.Long[0, (1L << 36) - 1], Gen.Int[0, int.MaxValue], Gen.Long[0, long.MaxValue], Gen.Long[0, (1L << 36) - 1], (created, shard, index, arrival) =>
            new RecordPosition(created, shard, index, arrival));

    [Fact]
    public void A_sequence_number_is_read_back_as_the_position_it_was_made_of() => _positions.Sample(position =>
        RecordPosition.TryParse(position.ToString(), out var read) && read == position && position.ToString().Length == 56);

    [Fact]
    public void Within_a_shard_sequence_numbers_ascend_with_the_index_whatever_the_clock_says() =>
        Gen.Select(_positions, Gen.Long[0, long.MaxValue], Gen.Long[0, (1L << 36) - 1]).Sample((position, otherIndex, otherArrival) =>
        {
            var other = position with { Index = otherIndex, ArrivalSeconds = otherArrival };
            return position.Index == otherIndex
                || position.ToSequenceNumber().CompareTo(other.ToSequenceNumber()) == position.Index.CompareTo(otherIndex);
        });

    [Theory]

    // From the AWS documentation: a shard's start and a record of it (CLI tutorial), and the record of Lambda's sample event.
    [InlineData("49546986683135544286507457935754639466300920667981217794", "2015-01-14T23:47:10Z", 0, 0, "2015-01-14T23:47:10Z")]
    [InlineData("49546986683135544286507457936321625675700192471156785154", "2015-01-14T23:47:10Z", 0, 469, "2015-01-14T23:49:46Z")]
    [InlineData("49590338271490256608559692538361571095921575989136588898", "2018-11-21T04:57:38Z", 6, 1_734_642_199, "2018-12-17T22:10:50Z")]
    public void Sequence_numbers_of_real_streams_have_the_same_layout(string number, string created, int shard, long index, string arrival)
    {
        Assert.True(RecordPosition.TryParse(number, out var position));
        Assert.Equal(new RecordPosition(Seconds(created), shard, index, Seconds(arrival)), position);
        Assert.Equal(number, position.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("49")]
    [InlineData("not a number")]
    [InlineData("-9543463076548007577105092703039560359975228518395019266")]
    [InlineData("99999999999999999999999999999999999999999999999999999999")]
    [InlineData("495434630765480075771050927030395603599752285183950192661")]
    public void What_is_no_sequence_number_of_this_layout_is_refused(string text) => Assert.False(RecordPosition.TryParse(text, out _));

    [Fact]
    public void Random_numbers_are_refused_or_read_exactly() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong).Sample((high, middle, low) =>
        {
            var number = new SequenceNumber(high, middle, low);
            return !RecordPosition.TryRead(number, out var position) || position.ToSequenceNumber() == number;
        });

    private static long Seconds(string time) => DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds();
}
