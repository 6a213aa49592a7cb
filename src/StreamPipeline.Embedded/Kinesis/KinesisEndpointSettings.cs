using System.Net;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>How a <see cref="KinesisEndpoint"/> is started.</summary>
public sealed record KinesisEndpointSettings
{
    /// <summary>What the AWS documentation and other emulators use, too.</summary>
    public const int PortDefault = 4567;

    /// <summary>The SQLite file of streams and records, created when missing. One endpoint at a time uses it.</summary>
    public required string File { get; init; }

    /// <summary>0 to 65,535; 0 takes any that is free.</summary>
    public int Port { get; init; } = PortDefault;

    /// <summary>Where to listen. Signatures are not checked, so beyond loopback everyone who reaches the port can read and write.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Whether a shard takes 1,000 records and 1 MiB, and gives 2 MiB in 5 calls, a second, as in Kinesis.</summary>
    public bool IsThrottled { get; init; } = true;

    /// <summary>Streams to create when they are missing; of one that is there the shards stay as they are.</summary>
    public IReadOnlyList<InitialStream> Streams { get; init; } = [];

    /// <summary>Takes a line per interesting event, without payloads; called from several threads.</summary>
    public Action<string> Report { get; init; } = _ => { };
}

/// <summary>A stream that an endpoint starts with.</summary>
/// <param name="Name">1 to 128 of a-z, A-Z, 0-9, <c>_ . -</c>.</param>
/// <param name="Shards">From 1 to 1,000.</param>
public sealed record InitialStream(string Name, int Shards);

/// <summary>A stream of an endpoint.</summary>
/// <param name="Name">Unique.</param>
/// <param name="OpenShards">Those that take records.</param>
/// <param name="RetentionHours">How long a record can be read.</param>
public sealed record StreamOverview(string Name, int OpenShards, int RetentionHours);
