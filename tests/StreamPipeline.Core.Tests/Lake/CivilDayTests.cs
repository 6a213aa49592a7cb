using System.Globalization;
using CsCheck;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Tests.Lake;

public sealed class CivilDayTests
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'";

    [Fact]
    public void An_instant_is_written_as_the_calendar_says() =>
        Gen.Long[(DateTime.MinValue - DateTime.UnixEpoch).Ticks / 10, (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / 10].Sample(
            us => Assert.Equal(DateTime.UnixEpoch.AddTicks(us * 10).ToString(Format, CultureInfo.InvariantCulture), CivilDay.Text(us)));

    [Theory]
    [InlineData(-62_135_596_800_000_000, "0001-01-01T00:00:00Z")]
    [InlineData(-62_135_596_800_000_001, "0000-12-31T23:59:59.999999Z")]
    [InlineData(253_402_300_800_000_000, "10000-01-01T00:00:00Z")]
    [InlineData(long.MinValue, "-290308-12-21T19:59:05.224192Z")]
    [InlineData(long.MaxValue, "294247-01-10T04:00:54.775807Z")]
    public void Instants_beyond_the_years_1_to_9999_are_written_too(long us, string text) => Assert.Equal(text, CivilDay.Text(us));
}
