using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>What a function answered for a batch.</summary>
/// <param name="Report">What became of it.</param>
/// <param name="FailedFrom">The lowest sequence number that was not committed (<c>batchItemFailures</c>); null: all were.</param>
internal readonly record struct Invocation(BatchReport Report, SequenceNumber? FailedFrom);

/// <summary>The function failed: it crashed, ran out of time, or answered with an error. Nothing is known of the batch; it may be handed over again.</summary>
public sealed class FunctionException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Receives batches that are given up. Returns once they are durable.</summary>
internal delegate ValueTask Discard(DiscardedBatch discarded, CancellationToken cancellation);

/// <param name="Batch">The records.</param>
/// <param name="Condition"><c>RetryAttemptsExhausted</c> or <c>RecordAgeExceeded</c>, as Lambda names them.</param>
/// <param name="Attempts">Invocations that were made for them.</param>
/// <param name="Error">What the last one failed with.</param>
internal sealed record DiscardedBatch(MicroBatch Batch, string Condition, int Attempts, string Error);

/// <summary>
/// Hands a batch to the function until all of its records are committed or discarded, in order, as Lambda's event source mapping does:
/// a failed batch is retried; with bisect it is halved first, which uses up no retries; after a partial answer only the rest is
/// handed over again; what fails too often or gets too old goes to the on-failure destination. Without a destination nothing is ever discarded: the
/// failure ends the run, and the next one goes on there.
/// Source: AWS Lambda Developer Guide, "Handling errors for a Kinesis event source in Lambda".
/// </summary>
/// <param name="settings">How often, how long.</param>
/// <param name="time">Delays and ages.</param>
/// <param name="invoke">The function.</param>
/// <param name="discard">The on-failure destination; null: there is none.</param>
/// <param name="onCommit">Told of each success.</param>
/// <param name="onSettled">Told how far all records are committed or discarded, and whether the last of them were discarded; ascending.</param>
internal sealed class BatchDelivery(
    MappingSettings settings,
    TimeProvider time,
    Func<MicroBatch, CancellationToken, ValueTask<Invocation>> invoke,
    Discard? discard,
    Action<BatchReport> onCommit,
    Func<SequenceNumber, bool, ValueTask>? onSettled = null)
{
    private const int BackoffDoublingsMax = 8;

    public async ValueTask Deliver(MicroBatch batch, CancellationToken cancellation)
    {
        // Parts of the batch that are still to do, the next one on top. Halving adds one at a time, so it stays small.
        var parts = new Stack<Part>();
        parts.Push(new Part(0, batch.Records.Count, Retries: 0));
        while (parts.TryPop(out var part))
        {
            cancellation.ThrowIfCancellationRequested();
            part = await DiscardAged(batch, part, cancellation);
            if (part.Count > 0)
            {
                await Attempt(batch, part, parts, cancellation);
            }
        }
    }

    private async ValueTask Attempt(MicroBatch batch, Part part, Stack<Part> parts, CancellationToken cancellation)
    {
        var done = 0;
        Exception error;
        try
        {
            var answer = await invoke(Slice(batch, part), cancellation);
            onCommit(answer.Report);
            if (answer.FailedFrom is not { } failedFrom)
            {
                await Settled(batch, part.From + part.Count, isDiscarded: false);
                return;
            }

            while (done < part.Count && batch.Records[part.From + done].Sequence < failedFrom)
            {
                done++;
            }

            if (done == part.Count)
            {
                // Nothing can be told from such an answer: the whole batch counts as failed.
                done = 0;
                throw new FunctionException($"shard {batch.Shard}: the function reports a failure at sequence number {failedFrom}, which is behind the batch's last record {batch.Records[part.From + part.Count - 1].Sequence}");
            }

            if (done > 0)
            {
                await Settled(batch, part.From + done, isDiscarded: false);
            }

            error = new FunctionException($"shard {batch.Shard}: the function answered that records from sequence number {failedFrom} on are not committed");
        }
        catch (Exception failure) when (failure is FunctionException || PassingFailure.Is(failure))
        {
            error = failure;
        }

        var rest = new Part(part.From + done, part.Count - done, done > 0 ? 0 : part.Retries);
        if (settings.Bisect && done == 0 && rest.Count > 1)
        {
            var half = rest.Count / 2;
            parts.Push(new Part(rest.From + half, rest.Count - half, 0));
            parts.Push(new Part(rest.From, half, 0));
        }
        else if (done > 0 || settings.RetriesMax < 0 || rest.Retries < settings.RetriesMax)
        {
            await Task.Delay(settings.RetryDelay * (1L << Math.Min(rest.Retries, BackoffDoublingsMax)), time, cancellation);
            parts.Push(rest with { Retries = rest.Retries + (done > 0 ? 0 : 1) });
        }
        else
        {
            await GiveUp(batch, rest, "RetryAttemptsExhausted", error, cancellation);
        }
    }

    /// <summary>Records beyond the age limit go; only at the front, since a shard's records arrive in order.</summary>
    private async ValueTask<Part> DiscardAged(MicroBatch batch, Part part, CancellationToken cancellation)
    {
        if (settings.RecordAgeMax is not { } ageMax || discard is null)
        {
            return part;
        }

        var oldestUs = (time.GetUtcNow() - ageMax - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var aged = 0;
        while (aged < part.Count && batch.Records[part.From + aged].ArrivalTimeUs < oldestUs)
        {
            aged++;
        }

        if (aged > 0)
        {
            var error = new FunctionException($"older than {ageMax}");
            await GiveUp(batch, new Part(part.From, aged, part.Retries), "RecordAgeExceeded", error, cancellation);
        }

        return new Part(part.From + aged, part.Count - aged, part.Retries);
    }

    private async ValueTask GiveUp(MicroBatch batch, Part part, string condition, Exception error, CancellationToken cancellation)
    {
        if (discard is null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
        }

        await discard(new DiscardedBatch(Slice(batch, part), condition, part.Retries + 1, error.Message), cancellation);
        await Settled(batch, part.From + part.Count, isDiscarded: true);
    }

    private ValueTask Settled(MicroBatch batch, int end, bool isDiscarded) =>
        onSettled is null ? default : onSettled(batch.Records[end - 1].Sequence, isDiscarded);

    private static MicroBatch Slice(MicroBatch batch, Part part) =>
        part.Count == batch.Records.Count ? batch : new MicroBatch(batch.Shard, [.. batch.Records.Skip(part.From).Take(part.Count)]);

    /// <param name="From">Index of its first record.</param>
    /// <param name="Count">Records.</param>
    /// <param name="Retries">Invocations that failed for just these records, less the first.</param>
    private readonly record struct Part(int From, int Count, int Retries);
}
