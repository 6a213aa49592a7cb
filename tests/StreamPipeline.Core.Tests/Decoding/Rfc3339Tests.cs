using System.Globalization;
using System.Text;
using CsCheck;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01t00:00:00z", 0)]
    [InlineData("1970-01-01T00:00:00-00:00", 0)]
    [InlineData("1970-01-01T01:30:00+01:30", 0)]
    [InlineData("1969-12-31T16:00:00.000001-08:00", 1)]
    [InlineData("1970-01-01T00:00:00.1Z", 100_000)]
    [InlineData("1970-01-01T00:00:00.1234567899999999999999Z", 123_456)]
    [InlineData("2016-12-31T23:59:60Z", 1_483_228_800_000_000)]
    [InlineData("2016-12-31T15:59:60.5-08:00", 1_483_228_800_500_000)]
    [InlineData("2024-02-29T12:00:00Z", 1_709_208_000_000_000)]
    [InlineData("0001-01-01T00:00:00Z", -62_135_596_800_000_000)]
    [InlineData("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999)]
    public void A_date_time_is_microseconds_since_the_epoch(string text, long microseconds)
    {
        Assert.True(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var actual));
        Assert.Equal(microseconds, actual);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1970-01-01")]
    [InlineData("1970-01-01T00:00:00")]
    [InlineData("1970-01-01 00:00:00Z")]
    [InlineData("1970-01-01T00:00Z")]
    [InlineData("1970-1-01T00:00:00Z")]
    [InlineData("1970-01-01T24:00:00Z")]
    [InlineData("1970-01-01T00:60:00Z")]
    [InlineData("1970-01-01T00:00:61Z")]
    [InlineData("1970-01-01T00:00:60Z")]
    [InlineData("2023-02-29T00:00:00Z")]
    [InlineData("1900-02-29T00:00:00Z")]
    [InlineData("1970-00-01T00:00:00Z")]
    [InlineData("1970-13-01T00:00:00Z")]
    [InlineData("1970-01-00T00:00:00Z")]
    [InlineData("1970-04-31T00:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:60Z")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("1970-01-01T00:00:00.Z")]
    [InlineData("1970-01-01T00:00:00,5Z")]
    [InlineData("1970-01-01T00:00:00+0100")]
    [InlineData("1970-01-01T00:00:00+24:00")]
    [InlineData("1970-01-01T00:00:00+01:60")]
    [InlineData("1970-01-01T00:00:00Z ")]
    [InlineData(" 1970-01-01T00:00:00Z")]
    [InlineData("1970-01-01T00:00:0٣Z")]
    [InlineData("1970-01-01T00:00:00ZZ")]
    public void What_is_no_date_time_is_refused(string text) =>
        Assert.False(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void It_agrees_with_the_calendar_on_every_moment() =>
        Gen.Select(Gen.Long[-62_135_510_400_000_000, 253_402_214_399_999_999], Gen.Int[-840, 840]).Sample((microseconds, offset) =>
        {
            var moment = new DateTimeOffset(DateTime.UnixEpoch.AddTicks(microseconds * 10)).ToOffset(TimeSpan.FromMinutes(offset));
            var text = moment.DateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture)
                + (offset < 0 ? "-" : "+") + TimeSpan.FromMinutes(Math.Abs(offset)).ToString("hh\\:mm", CultureInfo.InvariantCulture);

            return Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var actual) && actual == microseconds;
        });
}
