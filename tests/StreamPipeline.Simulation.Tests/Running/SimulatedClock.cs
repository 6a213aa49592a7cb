namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>The world's time. Stands still unless it is moved.</summary>
internal sealed class SimulatedClock
{
    /// <summary>2024-02-28T22:30:00Z, microseconds: a leap day and a month's end lie ahead.</summary>
    private const long StartUs = 1_709_159_400_000_000;

    public long NowUs { get; private set; } = StartUs;

    public void Advance(long us) => NowUs += us;

    /// <summary>The clock as one process sees it.</summary>
    public TimeProvider Skewed(long skewUs) => new Provider(this, skewUs);

    private sealed class Provider(SimulatedClock clock, long skewUs) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks((clock.NowUs + skewUs) * 10);
    }
}
