namespace StreamPipeline.Aws.Retrying;

/// <summary>
/// How long a call that was turned away is repeated, on top of the few quick retries of the SDK. The sum of the waits is at most
/// <see cref="AttemptsMax"/> × <see cref="DelayMax"/>, with the defaults about 12 s on average: well within a Lambda's time.
/// </summary>
public sealed record RetrySettings
{
    /// <summary>Attempts before giving up, the first included. 1 to 1,000; default 10.</summary>
    public int AttemptsMax { get; init; } = 10;

    /// <summary>Upper bound of the first wait; it doubles with every attempt. Default 100 ms.</summary>
    public TimeSpan DelayBase { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Upper bound of any wait. Default 5 s.</summary>
    public TimeSpan DelayMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    internal RetrySettings Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(AttemptsMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(AttemptsMax, 1_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(DelayBase, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(DelayMax, DelayBase);
        return this;
    }
}
