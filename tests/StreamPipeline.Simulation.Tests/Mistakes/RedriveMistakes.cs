using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Redrive;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>Redriven events go to the consumer of their shard under their old sequence numbers: its fence takes them for replays.</summary>
internal sealed class RedriveThroughFence : Mistake
{
    public override async ValueTask Redrive(RedriveConsumer redrive, ShardConsumer source, IReadOnlyList<RedriveEvent> events)
    {
        var records = events.Select(e => new StreamRecord(SequenceNumber.Parse(e.Source.Split(':')[0]), e.Data, e.ArrivalUs))
            .DistinctBy(record => record.Sequence).OrderBy(record => record.Sequence);
        await source.Commit(new MicroBatch(RedriveLane.RootOf(events[0].Shard), [.. records]), CancellationToken.None);
    }
}
