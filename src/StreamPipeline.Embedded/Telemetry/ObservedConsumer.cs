using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Embedded.Telemetry;

/// <summary>A shard's consumer in this process, measured. Owner: the run.</summary>
internal sealed class ObservedConsumer : IDisposable
{
    private readonly ShardConsumer _consumer;
    private readonly BatchTelemetry _telemetry;

    public ObservedConsumer(Pipeline pipeline, ShardEntry shard, ulong seed, OpenLake lake, TimeProvider time)
    {
        var times = new StageTimes(time);
        _consumer = new ShardConsumer(pipeline, shard, seed, lake.State, lake.Objects, lake.Attempts, lake.Bronze, times: times);
        _telemetry = new BatchTelemetry(pipeline.Settings.Stream, shard.Shard, time, times);
    }

    /// <summary>See <see cref="ShardConsumer.Commit"/>.</summary>
    public ValueTask<BatchReport> Commit(MicroBatch batch, CancellationToken cancellation) =>
        _telemetry.Observe(batch, _consumer.Commit, static report => report, () => _consumer.Head, cancellation);

    /// <summary>See <see cref="ShardConsumer.Prepare"/>.</summary>
    public void Prepare(MicroBatch batch) => _consumer.Prepare(batch);

    public void Dispose() => _consumer.Dispose();
}
