using System.Globalization;
using StreamPipeline.Aws.Retrying;

namespace StreamPipeline.Aws.Putting;

/// <summary>
/// Sends records with a call that may take some of them and turn others away: those are sent again, first, in their order, after a wait,
/// until each has been taken or has failed <see cref="Backoff.AttemptsMax"/> times.
/// </summary>
/// <remarks>
/// At least once: when a call gives no answer its records are sent again, and may then be there twice. The pipeline deduplicates by key.
/// </remarks>
/// <typeparam name="TRecord">As the service's client has it.</typeparam>
/// <typeparam name="TResult">What the service answers per record.</typeparam>
internal sealed class PartialPut<TRecord, TResult>(
    string target,
    PutLimits limits,
    Func<TRecord, int> bytesOf,
    Func<TRecord, string?> keyOf,
    Func<List<TRecord>, CancellationToken, Task<IReadOnlyList<TResult>>> send,
    Func<TResult, PutFailure?> failureOf,
    Backoff backoff,
    string advice)
    where TResult : class
{
    /// <param name="records">Any number.</param>
    /// <param name="results">One place per record: what the service answered when it took it.</param>
    /// <param name="cancellation">Records of calls that were answered have been taken.</param>
    /// <exception cref="ArgumentException">A record is larger than the service takes; nothing was sent.</exception>
    /// <exception cref="RecordsNotPutException">Some were not taken; all others were.</exception>
    /// <exception cref="IOException">The service refuses the call: the target does not exist, or the credentials do not allow it.</exception>
    public async Task<PutOutcome> Put(IReadOnlyList<TRecord> records, TResult[] results, CancellationToken cancellation)
    {
        var bytes = CheckSizes(records);
        var pending = new PendingRecords(records.Count, index => keyOf(records[index]));
        var failures = new int[records.Count];
        var call = new List<int>();
        var calls = 0;
        var retried = 0;
        while (!pending.IsEmpty)
        {
            call.Clear();
            pending.Take(call, limits, index => bytesOf(records[index]));
            retried += call.Count(index => failures[index] > 0);
            calls++;
            var answer = await Send(records, call, cancellation);
            var worst = Sort(call, answer, pending, failures, results);
            if (worst >= backoff.AttemptsMax)
            {
                throw GaveUp(records.Count, call, answer, failures, results);
            }

            if (worst > 0)
            {
                await backoff.Wait(worst, cancellation);
            }
        }

        return new PutOutcome(records.Count, bytes, calls, retried);
    }

    /// <summary>Gives each record of a call back to what is pending; returns how often the unluckiest of those turned away has failed.</summary>
    private static int Sort(List<int> call, Answer answer, PendingRecords pending, int[] failures, TResult[] results)
    {
        var worst = 0;
        for (var i = 0; i < call.Count; i++)
        {
            var index = call[i];
            if (answer.FailureOf(i) is not null)
            {
                worst = Math.Max(worst, ++failures[index]);
                pending.Failed(index);
            }
            else
            {
                results[index] = answer.Results![i];
                pending.Taken(index);
            }
        }

        return worst;
    }

    private async Task<Answer> Send(IReadOnlyList<TRecord> records, List<int> call, CancellationToken cancellation)
    {
        try
        {
            var results = await send([.. call.Select(index => records[index])], cancellation);
            return results.Count == call.Count
                ? new Answer(results, failureOf, null)
                : throw new IOException($"{target} answered for {results.Count} records and {call.Count} were sent: this is not the service's protocol");
        }
        catch (Exception error) when (AwsFault.IsTransient(error, cancellation))
        {
            return new Answer(null, failureOf, error);
        }
        catch (Exception error) when (error is not (OperationCanceledException or IOException))
        {
            throw new IOException($"cannot put records to {target}: {AwsFault.Explain(error)}", error);
        }
    }

    private long CheckSizes(IReadOnlyList<TRecord> records)
    {
        long total = 0;
        for (var i = 0; i < records.Count; i++)
        {
            var bytes = bytesOf(records[i]);
            if (bytes > limits.RecordBytesMax)
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"record {i} for {target} has {bytes:N0} bytes; at most {limits.RecordBytesMax:N0} are allowed"));
            }

            total += bytes;
        }

        return total;
    }

    private RecordsNotPutException GaveUp(int count, List<int> call, Answer answer, int[] failures, TResult[] results)
    {
        // What is still waiting behind a failed record, or was not sent yet, has not been put either.
        var notPut = Enumerable.Range(0, count).Where(index => results[index] is null).ToList();
        var reasons = call.Select((_, i) => answer.FailureOf(i)).OfType<PutFailure>().GroupBy(failure => failure.Code)
            .Select(group => $"{group.Count()} × {group.Key} ({group.First().Message})");
        var first = call.Find(index => failures[index] >= backoff.AttemptsMax);
        return new RecordsNotPutException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{notPut.Count:N0} of {count:N0} records were not taken by {target}: record {first} was turned away {backoff.AttemptsMax} times; in the last call: {string.Join(", ", reasons)}. {advice}"),
            notPut,
            answer.Error);
    }

    private readonly record struct Answer(IReadOnlyList<TResult>? Results, Func<TResult, PutFailure?> Judge, Exception? Error)
    {
        public PutFailure? FailureOf(int i) => Error is { } error ? new PutFailure("no answer", AwsFault.Explain(error)) : Judge(Results![i]);
    }
}
