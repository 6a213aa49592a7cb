using CsCheck;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Embedded.Tests.Kinesis;

public sealed class RateBucketTests
{
    [Fact]
    public void No_second_lets_more_through_than_its_rate_and_what_was_saved_in_the_one_before() =>
        Gen.Select(Gen.Int[1, 100], Gen.Int[0, 300].Array[1, 200]).Sample((perSecond, gapsMs) =>
        {
            var bucket = new RateBucket(perSecond);
            var (now, taken) = (0L, new List<long>());
            foreach (var gap in gapsMs)
            {
                now += gap * TimeSpan.TicksPerMillisecond;
                while (bucket.Has(1, now))
                {
                    bucket.Take(1);
                    taken.Add(now);
                }
            }

            return taken.All(from => taken.Count(at => at >= from && at < from + TimeSpan.TicksPerSecond) <= 2 * perSecond)
                && taken.Count <= perSecond + (perSecond * now / TimeSpan.TicksPerSecond) + 1;
        });

    [Fact]
    public void A_debt_is_paid_back_before_anything_is_let_through()
    {
        var bucket = new RateBucket(10);
        Assert.True(bucket.Has(1, 0));
        bucket.Take(60);
        Assert.False(bucket.Has(1, 5 * TimeSpan.TicksPerSecond));
        Assert.True(bucket.Has(1, 6 * TimeSpan.TicksPerSecond));
    }

    [Fact]
    public void A_clock_that_goes_back_gives_nothing()
    {
        var bucket = new RateBucket(1);
        Assert.True(bucket.Has(1, TimeSpan.TicksPerHour));
        bucket.Take(1);
        Assert.False(bucket.Has(1, 0));
    }
}
