namespace StreamPipeline.Cli.Put;

/// <summary>
/// A rate as a schedule: each amount has a time from which on it may go (the generic cell rate algorithm). What a pause left unused is made up for, up to
/// a bound. Not thread-safe.
/// </summary>
/// <param name="perSecond">Above 0.</param>
/// <param name="burst">The longest pause that is made up for.</param>
internal sealed class Pace(double perSecond, TimeSpan burst)
{
    private TimeSpan? _next;

    /// <summary>When so much may go, on the same clock as <paramref name="now"/>; counts it as gone then.</summary>
    public TimeSpan Schedule(double amount, TimeSpan now)
    {
        var earliest = now - burst;
        var due = _next is { } next && next > earliest ? next : _next is null ? now : earliest;
        _next = due + TimeSpan.FromSeconds(amount / perSecond);
        return due;
    }
}
