namespace StreamPipeline.Core.Dedup;

/// <summary>An expiry time and a range of arrivals, microseconds since the epoch, whose keys expire then.</summary>
internal readonly record struct SeenExpiry(long ExpiresAtUs, long FirstUs, long LastUs)
{
    /// <summary>Of no arrival.</summary>
    public static readonly SeenExpiry None = new(0, long.MaxValue, long.MinValue);

    public bool IsOf(long arrivalUs) => FirstUs <= arrivalUs && arrivalUs <= LastUs;
}
