using Amazon.KinesisFirehose;
using Amazon.KinesisFirehose.Model;
using StreamPipeline.Aws.Putting;
using StreamPipeline.Aws.Retrying;

namespace StreamPipeline.Aws.Firehose;

/// <summary>
/// Puts records to a delivery stream: in calls of at most 500 records and 4 MiB, retrying one by one those that a call did not take, before all that
/// come after them. At least once. Firehose itself promises no order, so none is enforced within a call.
/// </summary>
public sealed class FirehosePutter
{
    /// <summary>Most records of a call.</summary>
    public const int CallRecordsMax = 500;

    /// <summary>Most bytes of a call.</summary>
    public const int CallBytesMax = 4 * 1_048_576;

    /// <summary>Most bytes of a record, before base64: 1,000 KiB.</summary>
    public const int RecordBytesMax = 1_000 * 1_024;

    private readonly PartialPut<Record, PutRecordBatchResponseEntry> _put;

    /// <param name="firehose">Not disposed here.</param>
    /// <param name="deliveryStream">Its name.</param>
    /// <param name="backoff">Bounds the retries.</param>
    public FirehosePutter(IAmazonKinesisFirehose firehose, string deliveryStream, Backoff backoff) => _put = new(
        $"delivery stream '{deliveryStream}'",
        new PutLimits(CallRecordsMax, CallBytesMax, RecordBytesMax),
        static record => checked((int)(record.Data?.Length ?? 0)),
        static _ => null,
        async (records, cancellation) =>
            (await firehose.PutRecordBatchAsync(new PutRecordBatchRequest { DeliveryStreamName = deliveryStream, Records = records }, cancellation)).RequestResponses ?? [],
        static result => result.ErrorCode is { Length: > 0 } code ? new PutFailure(code, result.ErrorMessage ?? "") : null,
        backoff,
        "Ask for a higher quota of the delivery stream (records, calls and MiB per second), or put more slowly.");

    /// <summary>Puts all records, and returns when all are taken.</summary>
    /// <param name="records">Any number; their data is read and not kept.</param>
    /// <param name="cancellation">Records of calls that were answered have been taken.</param>
    /// <exception cref="ArgumentException">A record is too large; nothing was sent.</exception>
    /// <exception cref="RecordsNotPutException">Some were not taken; all others were.</exception>
    /// <exception cref="IOException">The service refuses the call.</exception>
    public Task<PutOutcome> Put(IReadOnlyList<Record> records, CancellationToken cancellation) =>
        _put.Put(records, new PutRecordBatchResponseEntry[records.Count], cancellation);
}
