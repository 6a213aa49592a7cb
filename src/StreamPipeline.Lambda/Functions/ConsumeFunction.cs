using System.Buffers;
using System.Text.Json;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Lambda.Runtime;
using StreamPipeline.Lambda.Telemetry;

namespace StreamPipeline.Lambda.Functions;

/// <summary>
/// Commits the batch of an event source mapping. The answer is a partial batch response: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
/// <list type="bullet">
/// <item>Records that are bad are quarantined, which is a success: they must not block their shard.</item>
/// <item>When a store fails or the deadline is near, the lowest sequence number that is not committed is answered; Lambda delivers from there again.</item>
/// <item>An event that is none, and what only a person can mend, fails the invocation.</item>
/// </list>
/// </summary>
internal sealed class ConsumeFunction(Deployment deployment) : IFunction, IDisposable
{
    private readonly WarmShards _shards = new(deployment);

    // One invocation at a time: the memory of the last one's records serves the next.
    private readonly LambdaEvent _received = new();
    private readonly BatchMetrics _metrics = new(deployment.Pipeline.Settings.Stream, Compose.Consume, deployment.Time);

    public int WarmShards => _shards.Count;

    public void Dispose()
    {
        _shards.Dispose();
        _received.Dispose();
    }

    /// <exception cref="InvalidDataException">The payload is no Lambda Kinesis event.</exception>
    public async ValueTask Handle(Invocation invocation, IBufferWriter<byte> response, CancellationToken cancellation)
    {
        LambdaEventReader.Read(invocation.Payload.Span, _received);
        if (_received.Error is { } error)
        {
            throw new InvalidDataException($"the event of {invocation.Payload.Length:N0} bytes cannot be read: {error}");
        }

        var writeUnits = deployment.WriteUnits?.Invoke();
        var failures = new List<string>();
        Exception? failed = null;
        _metrics.Begin();
        foreach (var batch in _received.Batches)
        {
            _metrics.Add(batch.Shard, batch.Records.Count, batch.DataBytes(), batch.LastArrivalUs());
            try
            {
                await Commit(batch, failures, cancellation);
            }
            catch (Exception bug)
            {
                // The other shards of the event are not to suffer: what they commit now is a replay next time.
                _metrics.NotCommitted();
                failed ??= bug;
            }
        }

        // Once all is committed they are replays. Where something is not, they will be delivered again with it, and taken now they would be ahead of it.
        if (failed is null && failures.Count == 0)
        {
            foreach (var repeats in _received.Repeats)
            {
                await Commit(repeats, failures, cancellation);
            }
        }

        _metrics.Write(deployment.Output, invocation.RequestId, writeUnits is { } before ? deployment.WriteUnits!() - before : null);
        if (failed is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
        }

        WriteResponse(response, failures);
    }

    private async ValueTask Commit(MicroBatch batch, List<string> failures, CancellationToken cancellation)
    {
        WarmShard? shard = null;
        try
        {
            // Cancelled already, when the shards before have used up the time: nothing was begun here.
            cancellation.ThrowIfCancellationRequested();
            shard = await _shards.Of(batch.Shard, cancellation);
            shard.Times.Clear();
            var report = await shard.Consumer.Commit(batch, cancellation);
            _metrics.Committed(report, shard.Consumer.Head);
            if (report.Batch is { Gated: true } gated)
            {
                deployment.Log.BatchGated(batch.Shard, gated.Generation, gated.Score ?? 0);
            }
        }
        catch (Exception error) when (Transient.Is(error, cancellation))
        {
            var from = FirstUncommitted(batch, shard?.Consumer.Head);
            failures.Add(from);
            _metrics.NotCommitted();
            if (cancellation.IsCancellationRequested)
            {
                deployment.Log.StoppedBeforeDeadline($"consume, shard {batch.Shard}, from sequence number {from} on,");
            }
            else
            {
                deployment.Log.BatchNotCommitted(batch.Shard, from, error);
            }
        }

        if (shard is not null)
        {
            _metrics.Took(shard.Times);
        }
    }

    /// <summary>A swap without an answer may have been applied after all: then what is delivered again is a replay.</summary>
    private static string FirstUncommitted(MicroBatch batch, ShardHead? head)
    {
        var last = head?.LastSequence is { } text ? SequenceNumber.Parse(text) : default(SequenceNumber?);
        foreach (var record in batch.Records)
        {
            if (last is null || record.Sequence > last)
            {
                return record.Sequence.ToString();
            }
        }

        return batch.Records[0].Sequence.ToString();
    }

    private static void WriteResponse(IBufferWriter<byte> response, List<string> failures)
    {
        using var json = new Utf8JsonWriter(response);
        json.WriteStartObject();
        json.WriteStartArray("batchItemFailures"u8);
        foreach (var sequence in failures)
        {
            json.WriteStartObject();
            json.WriteString("itemIdentifier"u8, sequence);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
