namespace StreamPipeline.Embedded.Kinesis;

/// <summary>
/// A token bucket that holds one second's worth. Not thread-safe. Times are handed in, so that it can be tested without a clock.
/// </summary>
internal struct RateBucket
{
    private readonly double _perSecond;
    private double _tokens;
    private long _at;
    private bool _hasStarted;

    /// <param name="perSecond">Tokens that come in per second, and the most there are.</param>
    public RateBucket(double perSecond) => _perSecond = _tokens = perSecond;

    /// <summary>Whether so many tokens are there; none is taken.</summary>
    /// <param name="count">From 0.</param>
    /// <param name="nowTicks">A monotonic clock, ticks of 100 ns.</param>
    public bool Has(double count, long nowTicks)
    {
        if (_hasStarted)
        {
            var seconds = Math.Max(0, nowTicks - _at) / (double)TimeSpan.TicksPerSecond;
            _tokens = Math.Min(_perSecond, _tokens + (seconds * _perSecond));
        }

        _hasStarted = true;
        _at = nowTicks;
        return _tokens >= count;
    }

    /// <summary>Takes tokens, into debt if need be: what was delivered beyond the rate holds back what follows.</summary>
    public void Take(double count) => _tokens -= count;
}
