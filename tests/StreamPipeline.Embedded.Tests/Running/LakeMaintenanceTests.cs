using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Embedded.Tests.Running;

public sealed class LakeMaintenanceTests
{
    private const long Second = SmallPipeline.SecondUs;
    private const long Start = SmallPipeline.StartUs;

    [Fact(Timeout = 120_000)]
    public async Task A_followed_stream_that_falls_silent_closes_its_windows_without_a_further_commit()
    {
        using var folder = new TemporaryFolder();
        using var lake = InMemory(folder.Path);
        await Fill(lake);
        var closed = new TaskCompletionSource();
        ((MemoryObjectStore)lake.Objects).OnChange = keys =>
        {
            if (keys.Any(key => key.StartsWith("gold/m/data/", StringComparison.Ordinal)))
            {
                closed.TrySetResult();
            }
        };
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddTicks(Start * 10));
        var maintenance = new LakeMaintenance(SmallPipeline.Compile(SmallPipeline.Yaml()), lake, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = maintenance.Run(follow: true, stop.Token);
        for (; !closed.Task.IsCompleted && !running.IsCompleted; time.Advance(TimeSpan.FromSeconds(5)))
        {
            await Task.Yield();
        }

        await stop.CancelAsync();
        await running;
        Assert.True(closed.Task.IsCompleted);
        var behind = await new CommittedBatches(lake.State, "s").Head("behind", CancellationToken.None);
        Assert.Equal(Start + (15 * Second), behind!.WatermarkUs);
    }

    /// <summary>Two shards, one window apart.</summary>
    private static OpenLake InMemory(string folder)
    {
        var root = LakeFolder.OpenOrCreate(folder);
        var state = new SqliteStateStore(root.Root);
        return new OpenLake(new MemoryObjectStore(), state, new CountedAttempts("m"), root, state);
    }

    private static async Task Fill(OpenLake lake)
    {
        var pipeline = SmallPipeline.Compile(SmallPipeline.Yaml());
        var catalog = new StreamCatalog(lake.State, "s", lake.Attempts);
        foreach (var (shard, timeUs) in new[] { ("behind", Start), ("ahead", Start + (15 * Second)) })
        {
            var entry = new ShardEntry(shard, []);
            await catalog.Register(entry, CancellationToken.None);
            using var consumer = new ShardConsumer(pipeline, entry, seed: 7, lake.State, lake.Objects, lake.Attempts);
            await consumer.Commit(SmallPipeline.Batch(shard, Start, new Event(1, shard, "k", timeUs)), CancellationToken.None);
        }
    }
}
