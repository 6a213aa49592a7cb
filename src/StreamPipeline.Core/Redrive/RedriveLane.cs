namespace StreamPipeline.Core.Redrive;

/// <summary>
/// The shard that a shard's events are redriven under: <c>redrive~&lt;shard&gt;</c>, one per shard. Kinesis allows no tilde in a shard id, so no shard of a
/// stream can have such a name, and every file system and S3 takes it as it is. What failed in a lane again is redriven in the same lane.
/// </summary>
public static class RedriveLane
{
    private const string Prefix = "redrive~";

    /// <summary>The lane of a shard; of a lane, itself.</summary>
    public static string Of(string shard) => IsLane(shard) ? shard : Prefix + shard;

    /// <summary>The shard of the stream that the lane belongs to.</summary>
    public static string RootOf(string shard) => IsLane(shard) ? shard[Prefix.Length..] : shard;

    public static bool IsLane(string shard) => shard.StartsWith(Prefix, StringComparison.Ordinal);
}
