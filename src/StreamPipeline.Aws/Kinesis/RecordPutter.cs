using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using StreamPipeline.Aws.Putting;
using StreamPipeline.Aws.Retrying;

namespace StreamPipeline.Aws.Kinesis;

/// <summary>Whether records of one partition key keep their order.</summary>
public enum PutOrder
{
    /// <summary>
    /// A record is sent once the one before it of its key has been taken. A call holds each key at most once, so a stream with few keys
    /// takes many calls: for those, aggregate records or choose <see cref="WithinRetries"/>.
    /// </summary>
    PerKey,

    /// <summary>
    /// Calls are as full as they can be. A record that is turned away may be overtaken by those that were in the same call,
    /// at most 499, and by no other.
    /// </summary>
    WithinRetries,
}

/// <summary>How <see cref="RecordPutter"/> puts.</summary>
public sealed record RecordPutSettings
{
    /// <summary>Default: <see cref="PutOrder.PerKey"/>.</summary>
    public PutOrder Order { get; init; } = PutOrder.PerKey;

    /// <summary>Largest record with its key, bytes: what the stream's <c>MaxRecordSizeInKiB</c> says. 1 to 10 MiB; default 1 MiB.</summary>
    public int RecordBytesMax { get; init; } = 1_048_576;
}

/// <summary>
/// Puts records to a stream: in calls of at most 500 records and 10 MiB, retrying one by one those that a call did not take. At least once.
/// </summary>
public sealed class RecordPutter
{
    /// <summary>Most records of a call.</summary>
    public const int CallRecordsMax = 500;

    /// <summary>Most bytes of a call, data and partition keys.</summary>
    public const int CallBytesMax = 10 * 1_048_576;

    private readonly PartialPut<PutRecordsRequestEntry, PutRecordsResultEntry> _put;

    /// <param name="kinesis">Not disposed here.</param>
    /// <param name="stream">Its name.</param>
    /// <param name="settings">Order and record size.</param>
    /// <param name="backoff">Bounds the retries.</param>
    public RecordPutter(IAmazonKinesis kinesis, string stream, RecordPutSettings settings, Backoff backoff)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.RecordBytesMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.RecordBytesMax, CallBytesMax);
        _put = new(
            $"stream '{stream}'",
            new PutLimits(CallRecordsMax, CallBytesMax, settings.RecordBytesMax),
            static record => checked((int)(record.Data?.Length ?? 0) + Encoding.UTF8.GetByteCount(record.PartitionKey ?? "")),
            settings.Order == PutOrder.PerKey ? static record => record.PartitionKey : static _ => null,
            async (records, cancellation) =>
                (await kinesis.PutRecordsAsync(new PutRecordsRequest { StreamName = stream, Records = records }, cancellation)).Records ?? [],
            static result => result.ErrorCode is { Length: > 0 } code ? new PutFailure(code, result.ErrorMessage ?? "") : null,
            backoff,
            "Put more slowly, or give the stream more shards; a key that is much more common than others fills one shard.");
    }

    /// <summary>Puts all records, and returns when all are taken.</summary>
    /// <param name="records">Any number, in order; their data is read and not kept.</param>
    /// <param name="cancellation">Records of calls that were answered have been taken.</param>
    /// <returns>What it took, and per record its shard and sequence number.</returns>
    /// <exception cref="ArgumentException">A record is too large; nothing was sent.</exception>
    /// <exception cref="RecordsNotPutException">Some were not taken; all others were.</exception>
    /// <exception cref="IOException">The service refuses the call.</exception>
    public async Task<(PutOutcome Outcome, IReadOnlyList<PutRecordsResultEntry> Results)> Put(
        IReadOnlyList<PutRecordsRequestEntry> records, CancellationToken cancellation)
    {
        var results = new PutRecordsResultEntry[records.Count];
        return (await _put.Put(records, results, cancellation), results);
    }
}
