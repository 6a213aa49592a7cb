namespace StreamPipeline.Aws.Retrying;

/// <summary>
/// Exponential waits with full jitter: processes that were turned away together do not come back together
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
/// </summary>
/// <param name="settings">Bounds.</param>
/// <param name="time">Waits by this clock.</param>
/// <param name="random">Seeded by the composition root; used under a lock.</param>
public sealed class Backoff(RetrySettings settings, TimeProvider time, Random random)
{
    /// <summary>Attempts at a call that gives no answer: the SDK has repeated it by itself each time.</summary>
    internal const int UncertainAttemptsMax = 3;

    private readonly RetrySettings _settings = settings.Checked();

    /// <summary>Attempts before giving up, the first included.</summary>
    public int AttemptsMax => _settings.AttemptsMax;

    /// <param name="failures">How often it has failed by now; at least 1.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task Wait(int failures, CancellationToken cancellation)
    {
        var bound = Math.Min(_settings.DelayBase.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 30)), _settings.DelayMax.TotalMilliseconds);
        double share;
        lock (random)
        {
            share = random.NextDouble();
        }

        return Task.Delay(TimeSpan.FromMilliseconds(bound * share), time, cancellation);
    }

    /// <summary>Repeats a call while it is throttled, and while it gives no answer.</summary>
    /// <param name="call">One attempt.</param>
    /// <param name="uncertainMax">Attempts without an answer; 1 for a call that must not be applied twice.</param>
    /// <param name="cancellation">Ends the waits; the call has it too.</param>
    internal async ValueTask<T> Repeat<T>(Func<Task<T>> call, int uncertainMax, CancellationToken cancellation)
    {
        var uncertain = 0;
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await call();
            }
            catch (Exception error) when (failures < AttemptsMax
                && (AwsFault.IsThrottle(error) || (AwsFault.IsUncertain(error, cancellation) && ++uncertain < uncertainMax)))
            {
                await Wait(failures, cancellation);
            }
        }
    }
}
