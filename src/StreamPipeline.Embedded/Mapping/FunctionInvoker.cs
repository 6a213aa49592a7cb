using System.Text.Json;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>Runs a Lambda function on a payload and gives its answer.</summary>
/// <exception cref="FunctionException">It failed, or gave no answer.</exception>
public delegate ValueTask<ReadOnlyMemory<byte>> InvokeFunction(ReadOnlyMemory<byte> payload, CancellationToken cancellation);

/// <summary>
/// Delivers the batches of one shard to a Lambda function in the form Lambda does. What became of them is read from the state table: a function
/// answers only whether it failed. Owner: the shard's lane.
/// </summary>
/// <param name="shard">Shard id.</param>
/// <param name="function">The function.</param>
/// <param name="writer">Writes its event.</param>
/// <param name="batches">The stream's commits.</param>
internal sealed class FunctionInvoker(string shard, InvokeFunction function, LambdaEventWriter writer, CommittedBatches batches)
{
    private long _generation;

    /// <summary>Reads what is committed before the first invocation, so that only later commits are counted.</summary>
    public async ValueTask<ShardHead?> Begin(CancellationToken cancellation)
    {
        var head = await batches.Head(shard, cancellation);
        _generation = head?.Generation ?? 0;
        return head;
    }

    public async ValueTask<Invocation> Invoke(MicroBatch batch, CancellationToken cancellation)
    {
        var failedFrom = FailedFrom(await function(writer.Write(batch), cancellation));
        var counts = default(Counts);
        BatchItem? last = null;
        var reasons = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var item in batches.Of(shard, _generation, cancellation))
        {
            _generation = item.Generation;
            counts += item.Counts;
            last = item.Kind == BatchKind.Batch ? item : last;
            foreach (var (reason, events) in item.QuarantinedBy)
            {
                reasons[reason] = reasons.GetValueOrDefault(reason) + events;
            }
        }

        // Events of a replayed record cannot be told from here: the record counts as one.
        var settled = failedFrom is { } from ? batch.Records.Count(record => record.Sequence < from) : batch.Records.Count;
        var replayed = last is null ? settled : 0;
        return new Invocation(new BatchReport(counts, replayed, last is null ? null : last with { Counts = counts, QuarantinedBy = reasons }), failedFrom);
    }

    /// <summary>
    /// The lowest sequence number of <c>batchItemFailures</c>; null when there is none. An answer that cannot be read, or that names an empty
    /// identifier, fails the whole batch, as it does on Lambda.
    /// </summary>
    private SequenceNumber? FailedFrom(ReadOnlyMemory<byte> answer)
    {
        if (answer.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(answer);
            if (json.RootElement.ValueKind == JsonValueKind.Null
                || (json.RootElement.ValueKind == JsonValueKind.Object && !json.RootElement.TryGetProperty("batchItemFailures"u8, out _)))
            {
                return null;
            }

            SequenceNumber? lowest = null;
            foreach (var failure in json.RootElement.GetProperty("batchItemFailures"u8).EnumerateArray())
            {
                var sequence = SequenceNumber.Parse(failure.GetProperty("itemIdentifier"u8).GetString() ?? "");
                lowest = lowest is { } found && found < sequence ? found : sequence;
            }

            return lowest;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FunctionException($"shard {shard}: the function's answer is no batch response: {error.Message}", error);
        }
    }
}
