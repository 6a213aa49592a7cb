using StreamPipeline.Benchmarks.Input;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Benchmarks.Tests;

public sealed class AllocationTests
{
    /// <summary>
    /// From records to what a commit writes: columns, quality, dedupe, silver, windows and the keys to store. Both batches cover the same minutes, so the same windows; what is rejected
    /// is told with its reason, so all of these are valid.
    /// </summary>
    [Fact]
    public void A_batch_of_five_times_as_many_valid_records_allocates_no_more()
    {
        var sequence = 0L;
        using var received = LambdaEventReader.Read(Inputs.LambdaPayload(new EventBytes(EventShape.Iot, seed: 1), ref sequence));
        var pipeline = BenchPipelines.Compile(EventShape.Iot);
        var desk = pipeline.NewDesk(seed: 1);
        var all = received.Batches[0];
        using var probe = pipeline.NewShard(seed: 1);
        StreamRecord[] valid = [.. all.Records.Where(record =>
        {
            using var alone = pipeline.Complete(pipeline.Begin(new MicroBatch(all.Shard, [record]), 0, desk), probe, firstCopies: null);
            return alone.Counts.Silver == 1;
        })];
        var large = new MicroBatch(all.Shard, valid);
        var small = new MicroBatch(all.Shard, [.. valid.Where((_, i) => i % 5 == 0)]);
        Allocated(large);
        Allocated(small);

        // A garbage collection may empty the process's pool in between: then a buffer is allocated again, once.
        var ofSmall = Enumerable.Range(0, 7).Min(_ => Allocated(small));
        var ofLarge = Enumerable.Range(0, 7).Min(_ => Allocated(large));

        // One object per record would be a hundred thousand; what is left is lists that double.
        Assert.InRange(large.Records.Count - small.Records.Count, 4_000, 5_000);
        Assert.InRange(ofLarge - ofSmall, -2_048, 2_048);

        long Allocated(MicroBatch batch)
        {
            using var shard = pipeline.NewShard(seed: 1);
            var before = GC.GetAllocatedBytesForCurrentThread();
            using var proposed = pipeline.Complete(pipeline.Begin(batch, 0, desk), shard, firstCopies: null);
            Assert.Equal(batch.Records.Count, proposed.Counts.Silver);
            Assert.NotEmpty(proposed.NewKeys.ToItems("pk", "attempt", generation: 1));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
