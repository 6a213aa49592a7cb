using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Streams;

/// <param name="Shard">Shard id.</param>
/// <param name="Parents">The shards it was split or merged from, as far as the stream still tells; empty for an original one.</param>
public sealed record StreamShard(string Shard, IReadOnlyList<string> Parents);

/// <summary>Where reading of a shard starts.</summary>
/// <param name="Latest">At records that arrive from now on; false: at the oldest that is retained. Not used with the others.</param>
/// <param name="After">Behind the record of this number.</param>
/// <param name="FromUs">At the first record that arrived then or later by the stream's clock, microseconds since the epoch, by the millisecond. Not used with <paramref name="After"/>.</param>
public readonly record struct StreamPosition(bool Latest, SequenceNumber? After = null, long? FromUs = null)
{
    public static readonly StreamPosition TrimHorizon;
}

/// <summary>What one read gave.</summary>
/// <param name="Records">Ascending by sequence number; their data stays valid.</param>
/// <param name="Next">Where to read on; null: the shard has ended and this was the last of it.</param>
/// <param name="Behind">How far the read is behind the newest record of the shard; zero at the tip.</param>
public sealed record RecordPage(IReadOnlyList<StreamRecord> Records, string? Next, TimeSpan Behind);

/// <summary>
/// A Kinesis stream as an event source mapping reads it: the service behind its API, or the embedded one. Throttles are retried inside; what
/// stays out of reach throws <see cref="IOException"/>, and the same call may be made again.
/// </summary>
public interface IRecordStream
{
    /// <summary>All shards that the stream tells of, closed ones with records among them.</summary>
    /// <exception cref="StreamMissingException">There is no such stream.</exception>
    ValueTask<IReadOnlyList<StreamShard>> Shards(CancellationToken cancellation);

    /// <returns>An iterator; it expires when it is not used for minutes.</returns>
    ValueTask<string> Open(string shard, StreamPosition position, CancellationToken cancellation);

    /// <param name="iterator">From <see cref="Open"/> or <see cref="RecordPage.Next"/>.</param>
    /// <param name="recordsMax">1 to 10,000.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="IteratorExpiredException">Open another one.</exception>
    ValueTask<RecordPage> Read(string iterator, int recordsMax, CancellationToken cancellation);
}

/// <summary>The stream does not exist; the message names it and where it was looked for.</summary>
public sealed class StreamMissingException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An iterator was not used for too long.</summary>
public sealed class IteratorExpiredException(string message, Exception? inner = null) : Exception(message, inner);
