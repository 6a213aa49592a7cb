using StreamPipeline.Aws.Retrying;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Aws.DynamoDb;

/// <summary>
/// Calls to the table: repeats those that were turned away, and says what became of the others. A throttle is never a result: it is waited out,
/// or is an error.
/// </summary>
internal sealed class StateCalls(string table, Backoff backoff)
{
    /// <exception cref="IOException">The table could not be read.</exception>
    public async ValueTask<T> Read<T>(string what, Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await backoff.Repeat(call, Backoff.UncertainAttemptsMax, cancellation);
        }
        catch (Exception error) when (!IsPassedOn(error, cancellation))
        {
            throw Refused(what, error);
        }
    }

    /// <param name="what">For people.</param>
    /// <param name="call">The call.</param>
    /// <param name="isRepeatable">Whether a second application would change nothing, so that it may be sent again when there was no answer.</param>
    /// <param name="cancellation">Cancels the call and the waits.</param>
    /// <exception cref="StateUncertainException">It may or may not have been applied.</exception>
    /// <exception cref="IOException">The service refused it: not a matter of trying again.</exception>
    public async ValueTask<T> Write<T>(string what, Func<Task<T>> call, bool isRepeatable, CancellationToken cancellation)
    {
        try
        {
            return await backoff.Repeat(call, isRepeatable ? Backoff.UncertainAttemptsMax : 1, cancellation);
        }
        catch (Exception error) when (AwsFault.IsTransient(error, cancellation))
        {
            throw Uncertain(what, error);
        }
        catch (Exception error) when (!IsPassedOn(error, cancellation))
        {
            throw Refused(what, error);
        }
    }

    /// <summary>Waits before the next of several attempts, or gives up.</summary>
    /// <exception cref="StateUncertainException">There have been as many attempts as are allowed.</exception>
    public Task WaitOrGiveUp(int failures, string what, string why, CancellationToken cancellation) => failures < backoff.AttemptsMax
        ? backoff.Wait(failures, cancellation)
        : throw new StateUncertainException($"cannot {what} in table '{table}' after {failures} attempts: {why}");

    private static bool IsPassedOn(Exception error, CancellationToken cancellation) =>
        (error is OperationCanceledException && cancellation.IsCancellationRequested) || error is InvalidDataException or StateUncertainException
        || error is Amazon.DynamoDBv2.Model.ConditionalCheckFailedException or Amazon.DynamoDBv2.Model.TransactionCanceledException;

    private StateUncertainException Uncertain(string what, Exception error) => new(
        AwsFault.IsThrottle(error)
            ? $"cannot {what} in table '{table}' after {backoff.AttemptsMax} attempts: {AwsFault.Explain(error)} (raise the table's capacity, or make it on-demand)"
            : $"no answer to '{what}' in table '{table}', which may have been applied: {AwsFault.Explain(error)}",
        error);

    private IOException Refused(string what, Exception error) => new(
        $"cannot {what} in table '{table}': {AwsFault.Explain(error)} (check that the table exists in this region and account with keys pk and sk, and that the role may use it)",
        error);
}
