using StreamPipeline.Aws.Retrying;
using StreamPipeline.Tests.Aws;

[assembly: AssemblyFixture(typeof(MotoFixture))]

namespace StreamPipeline.Aws.Tests;

internal static class Patience
{
    /// <summary>Waits as production does, but a hundred times shorter.</summary>
    public static Backoff Short(int seed = 1, int attempts = 10) => new(
        new RetrySettings { AttemptsMax = attempts, DelayBase = TimeSpan.FromMilliseconds(1), DelayMax = TimeSpan.FromMilliseconds(50) }, TimeProvider.System, new Random(seed));
}
