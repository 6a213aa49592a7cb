using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>
/// Feeds records to one lane per shard, in order, and stops everything when one lane fails. Bounded channels join the reader and the
/// lanes, so memory does not grow with the input.
/// </summary>
/// <param name="settings">How records are cut and delivered.</param>
/// <param name="time">Pauses.</param>
/// <param name="consumerOf">For a shard.</param>
/// <param name="onCommit">Told of each commit.</param>
internal sealed class EventSourceMapping(
    MappingSettings settings, TimeProvider time, Func<string, EventSourceMapping.Consumer> consumerOf, Action<BatchReport> onCommit)
{
    /// <param name="Commit">Commits a batch.</param>
    /// <param name="Prepare">Does ahead what can be done of the next batch's commit, beside a commit; null: nothing can.</param>
    public readonly record struct Consumer(Commit Commit, Action<MicroBatch>? Prepare);

    /// <summary>Processes a batch and commits it; when it throws, nothing is lost and the batch may be handed over again.</summary>
    public delegate ValueTask<BatchReport> Commit(MicroBatch batch, CancellationToken cancellation);

    /// <summary>Sends a chunk of one shard's records to its lane.</summary>
    public delegate ValueTask Send(string shard, RecordChunk chunk);

    /// <param name="shards">The lanes.</param>
    /// <param name="produce">Reads the input and sends its records; ends when the input does.</param>
    /// <param name="cancellation">Stops between commits.</param>
    public async Task Run(IReadOnlyList<string> shards, Func<Send, CancellationToken, Task> produce, CancellationToken cancellation)
    {
        using var turns = new SemaphoreSlim(settings.BatchesAtOnce);
        using var room = new SemaphoreSlim(settings.BatchesAhead);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var lanes = shards.ToDictionary(
            shard => shard,
            shard => Lane(shard, consumerOf(shard), turns, room),
            StringComparer.Ordinal);
        var tasks = lanes.Values.Select(lane => StopAllOnFailure(() => lane.Run(stop.Token), stop)).ToList();
        tasks.Add(StopAllOnFailure(() => Produce(lanes, produce, stop.Token), stop));
        await WhenAllFirstFailure(tasks);
    }

    /// <summary>Lets as many batches at a time be processed as there are turns. Who waits to try again holds none.</summary>
    public static Func<MicroBatch, CancellationToken, ValueTask<Invocation>> InTurn(
        Func<MicroBatch, CancellationToken, ValueTask<Invocation>> invoke, SemaphoreSlim turns) => async (batch, cancellation) =>
    {
        await turns.WaitAsync(cancellation);
        try
        {
            return await invoke(batch, cancellation);
        }
        finally
        {
            turns.Release();
        }
    };

    private Lane Lane(string shard, Consumer consumer, SemaphoreSlim turns, SemaphoreSlim room) => new(
        shard, Delivery(consumer.Commit, turns).Deliver, consumer.Prepare is { } prepare ? new BatchesAhead(prepare, room) : null, settings, time);

    private BatchDelivery Delivery(Commit commit, SemaphoreSlim turns) => new(
        settings, time, InTurn(async (batch, cancellation) => new Invocation(await commit(batch, cancellation), null), turns), discard: null, onCommit);

    private static async Task Produce(Dictionary<string, Lane> lanes, Func<Send, CancellationToken, Task> produce, CancellationToken cancellation)
    {
        try
        {
            await produce(
                async (shard, chunk) =>
                {
                    try
                    {
                        await lanes[shard].Writer.WriteAsync(chunk, cancellation);
                    }
                    catch
                    {
                        chunk.Buffer.Dispose();
                        throw;
                    }
                },
                cancellation);
            Complete(lanes, error: null);
        }
        catch (Exception error)
        {
            // A lane must not take the end of a broken input for the end of the input.
            Complete(lanes, error);
            throw;
        }
    }

    private static void Complete(Dictionary<string, Lane> lanes, Exception? error)
    {
        foreach (var lane in lanes.Values)
        {
            lane.Writer.TryComplete(error);
        }
    }

    private static async Task StopAllOnFailure(Func<Task> work, CancellationTokenSource stop)
    {
        try
        {
            await Task.Run(work, CancellationToken.None);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    /// <summary>Waits for all, then throws the failure that came first rather than the cancellations it caused.</summary>
    private static async Task WhenAllFirstFailure(List<Task> tasks)
    {
        try
        {
            await Task.WhenAll(tasks);
        }
        catch (Exception)
        {
            var failure = tasks
                .Where(task => task.IsFaulted)
                .Select(task => task.Exception!.InnerException!)
                .FirstOrDefault(error => error is not OperationCanceledException);
            if (failure is not null)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
            }

            throw;
        }
    }
}
