namespace StreamPipeline.Core.Dedup;

/// <summary>
/// Until when a key is remembered. It depends on the record's own arrival time only, never on the batch it came in, and is rounded up to
/// a bucket of max(1 s, horizon / 96), so that a batch's keys share one or two expiry times.
/// </summary>
public sealed class SeenHorizon
{
    private const int BucketsPerHorizon = 96;
    private const long BucketMinUs = 1_000_000;

    /// <summary>The last microsecond of the year 9999: later expiry times are clamped to it.</summary>
    private const long ExpiresAtMaxUs = 253_402_300_799_999_999;

    /// <exception cref="ArgumentOutOfRangeException">The horizon is not positive.</exception>
    public SeenHorizon(TimeSpan horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(horizon, TimeSpan.Zero);
        HorizonUs = horizon.Ticks / TimeSpan.TicksPerMicrosecond;
        BucketUs = Math.Max(BucketMinUs, HorizonUs / BucketsPerHorizon);
    }

    /// <summary>Microseconds.</summary>
    public long HorizonUs { get; }

    /// <summary>Expiry times are multiples of this many microseconds since the epoch.</summary>
    public long BucketUs { get; }

    /// <summary>When a key that arrived at <paramref name="arrivalUs"/> expires: at least the horizon later, less than horizon + bucket.</summary>
    /// <param name="arrivalUs">Microseconds since the epoch; before 1970 counts as 1970, beyond 9999 as its end.</param>
    public long ExpiresAtUs(long arrivalUs)
    {
        var expiresAtUs = Math.Clamp(arrivalUs, 0, ExpiresAtMaxUs) + Math.Min(HorizonUs, ExpiresAtMaxUs);
        var rest = expiresAtUs % BucketUs;
        return Math.Min(rest == 0 ? expiresAtUs : expiresAtUs - rest + BucketUs, ExpiresAtMaxUs);
    }

    /// <summary>When a key that arrived at <paramref name="arrivalUs"/> expires, and which other arrivals are known to expire then, too.</summary>
    internal SeenExpiry ExpiryOf(long arrivalUs)
    {
        var expiresAtUs = ExpiresAtUs(arrivalUs);
        var lastUs = expiresAtUs - HorizonUs;
        return arrivalUs < 0 || expiresAtUs == ExpiresAtMaxUs
            ? new SeenExpiry(expiresAtUs, arrivalUs, arrivalUs)
            : new SeenExpiry(expiresAtUs, Math.Max(0, lastUs - BucketUs + 1), lastUs);
    }
}
