using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Aws.Retrying;

namespace StreamPipeline.Aws.Tests.Putting;

public sealed class BackoffTests
{
    [Fact]
    public void Waits_are_jittered_below_a_bound_that_doubles_up_to_a_limit()
    {
        var settings = new RetrySettings { DelayBase = TimeSpan.FromMilliseconds(100), DelayMax = TimeSpan.FromSeconds(2) };
        for (var failures = 1; failures <= 40; failures++)
        {
            var time = new FakeTimeProvider();
            var bound = TimeSpan.FromMilliseconds(Math.Min(100 * Math.Pow(2, failures - 1), 2_000));
            var wait = new Backoff(settings, time, new Random(failures)).Wait(failures, CancellationToken.None);
            Assert.False(wait.IsCompleted);
            time.Advance(bound);
            Assert.True(wait.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public void Two_processes_do_not_wait_alike()
    {
        var time = new FakeTimeProvider();
        var waits = Enumerable.Range(0, 100).Select(seed => new Backoff(new RetrySettings(), time, new Random(seed)).Wait(5, CancellationToken.None)).ToList();
        time.Advance(TimeSpan.FromMilliseconds(800));
        Assert.InRange(waits.Count(wait => wait.IsCompleted), 30, 70);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1_001, 1, 1)]
    [InlineData(1, -1, 1)]
    [InlineData(1, 2, 1)]
    public void Settings_out_of_range_are_refused(int attempts, int baseMs, int maxMs) => Assert.Throws<ArgumentOutOfRangeException>(() => new Backoff(
        new RetrySettings { AttemptsMax = attempts, DelayBase = TimeSpan.FromMilliseconds(baseMs), DelayMax = TimeSpan.FromMilliseconds(maxMs) },
        TimeProvider.System,
        new Random(1)));
}
