using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Lambda.Telemetry;

namespace StreamPipeline.Lambda;

/// <summary>What the functions are made of: the compiled pipeline and the ports, on AWS or in a test.</summary>
internal sealed record Deployment
{
    public required Pipeline Pipeline { get; init; }

    public required IStateStore State { get; init; }

    public required IObjectStore Objects { get; init; }

    public required IBronze Bronze { get; init; }

    public required IAttemptIds Attempts { get; init; }

    public required TimeProvider Time { get; init; }

    public required JsonLog Log { get; init; }

    /// <summary>Standard output, for metrics.</summary>
    public required Stream Output { get; init; }

    /// <summary>All shards that the stream has, with their parents (ListShards).</summary>
    public required Func<CancellationToken, Task<IReadOnlyList<ShardEntry>>> ListShards { get; init; }

    /// <summary>Write units used by this process so far; null when the state store does not count them.</summary>
    public Func<double>? WriteUnits { get; init; }

    /// <summary>Seed for the fingerprints of a stream that is new to the table.</summary>
    public required Func<ulong> NewSeed { get; init; }

    public long NowUs() => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
