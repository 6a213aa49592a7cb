namespace StreamPipeline.Core.Decoding;

/// <summary>
/// A Lambda Kinesis event, read whole or not at all. Owner: who made it or got it from <see cref="LambdaEventReader.Read(ReadOnlySpan{byte})"/>; disposing it
/// ends the life of the records' data. One that event after event is read into allocates nothing per record, and what it held ends with the next one.
/// </summary>
public sealed class LambdaEvent : IDisposable
{
    internal LambdaRecords Records { get; } = new();

    /// <summary>What the next record is expected to look like; kept from event to event.</summary>
    internal LambdaRecordLayout Layout { get; } = new();

    /// <summary>One per shard, in the order in which the shards appear. Empty when <see cref="Error"/> is set.</summary>
    public IReadOnlyList<MicroBatch> Batches => Error is null ? Records.Batches : [];

    /// <summary>
    /// Records that the event has more than once, same shard, sequence number and data, ascending: each but the first. They are replays once the shard's batch is
    /// committed, and nothing but that: a consumer that took them before it would step over what is between them. Usually empty.
    /// </summary>
    public IReadOnlyList<MicroBatch> Repeats => Error is null ? Records.Repeats : [];

    /// <summary>Null, or why this is not a Lambda Kinesis event: which record, and what is missing or wrong.</summary>
    public string? Error { get; internal set; }

    public void Dispose() => Records.Dispose();
}
