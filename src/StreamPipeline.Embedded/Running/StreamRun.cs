using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Streams;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Telemetry;

namespace StreamPipeline.Embedded.Running;

/// <summary>A run of a Kinesis stream into a lake.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="StreamArn">Its ARN, for what a function and an on-failure destination are told.</param>
/// <param name="Region">Its region, likewise.</param>
/// <param name="Mapping">How records are cut and delivered.</param>
/// <param name="Start">Where shards that this lake has not read yet start.</param>
/// <param name="Follow">Go on at the tip until cancelled; false: end when every shard was read to its end or its tip.</param>
/// <param name="KeepOpen">Leave windows open at the end.</param>
public sealed record StreamRunOptions(
    IRecordStream Stream, string StreamArn, string Region, MappingSettings Mapping, StreamPosition Start, bool Follow, bool KeepOpen)
{
    /// <summary>Where batches go that failed too often or got too old; null: nothing is discarded, the run ends with the failure instead.</summary>
    public IObjectStore? OnFailure { get; init; }

    /// <summary>For a shard, the Lambda function that processes its batches; null: they are processed in this process.</summary>
    public Func<string, InvokeFunction>? Function { get; init; }

    /// <summary>Wait between two reads of a shard at its tip.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Joins the mapping of a stream to the consumers, or to a function. Owner: the runner.</summary>
internal sealed class StreamRun(
    Pipeline pipeline, OpenLake lake, StreamRunOptions options, ulong seed, TimeProvider time, RunCounters counters, Action<BatchReport> onCommit) : IDisposable
{
    private readonly StreamCatalog _catalog = new(lake.State, pipeline.Settings.Stream, lake.Attempts);
    private readonly CommittedBatches _batches = new(lake.State, pipeline.Settings.Stream);
    private readonly LambdaEventWriter _writer = new(options.StreamArn, options.Region);

    // Lanes add theirs as they start.
    private readonly System.Collections.Concurrent.ConcurrentBag<ObservedConsumer> _consumers = [];

    public Task Run(CancellationToken cancellation)
    {
        var function = pipeline.Settings.Stream;
        var mapping = new StreamMapping(
            options.Stream,
            new MappingCheckpoints(lake.State, pipeline.Settings.Stream, lake.Attempts),
            options.Mapping,
            new StreamMappingOptions
            {
                Start = options.Start,
                Follow = options.Follow,
                PollInterval = options.PollInterval,
                OnCommit = onCommit,
                Discard = options.OnFailure is { } objects
                    ? new OnFailureDestination(objects, _writer, options.StreamArn, function, lake.Attempts, time).Discard
                    : null,
            },
            time,
            Prepare);
        return mapping.Run(cancellation);
    }

    public void Dispose()
    {
        foreach (var consumer in _consumers)
        {
            consumer.Dispose();
        }
    }

    private async ValueTask<PreparedShard> Prepare(StreamShard shard, CancellationToken cancellation)
    {
        var entry = new ShardEntry(shard.Shard, shard.Parents);

        // Before its first record: its parents are settled once. A function would ask the stream for them itself; here it need not.
        await _catalog.Register(entry, cancellation);
        Func<MicroBatch, CancellationToken, ValueTask<Invocation>> invoke;
        Action<MicroBatch>? ahead = null;
        ShardHead? head;
        if (options.Function is { } function)
        {
            var invoker = new FunctionInvoker(shard.Shard, function(shard.Shard), _writer, _batches);
            head = await invoker.Begin(cancellation);

            // The function has its own metrics of stages and watermark; what it committed is read from the state table and counted here.
            var telemetry = new BatchTelemetry(pipeline.Settings.Stream, shard.Shard, time, times: null);
            invoke = (batch, stop) => telemetry.Observe(batch, invoker.Invoke, static answer => answer.Report, static () => null, stop);
        }
        else
        {
            head = await _batches.Head(shard.Shard, cancellation);
            var consumer = new ObservedConsumer(pipeline, entry, seed, lake, time);
            _consumers.Add(consumer);
            invoke = async (batch, stop) => new Invocation(await consumer.Commit(batch, stop), null);
            ahead = consumer.Prepare;
        }

        var committed = head?.LastSequence is { } last ? SequenceNumber.Parse(last) : (SequenceNumber?)null;
        return new PreparedShard(Counted(invoke), committed, ahead);
    }

    private Func<MicroBatch, CancellationToken, ValueTask<Invocation>> Counted(Func<MicroBatch, CancellationToken, ValueTask<Invocation>> invoke) =>
        async (batch, cancellation) =>
        {
            var answer = await invoke(batch, cancellation);
            counters.AddRead(batch.DataBytes());
            return answer;
        };
}
