using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
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

    [Fact(Timeout = 120_000)]
    public async Task What_a_failure_that_may_pass_kept_from_the_tables_comes_later_and_the_failure_is_told()
    {
        using var folder = new TemporaryFolder();
        var failures = 4;
        using var lake = InMemory(folder.Path, new Interruption((_, call) => call == "PutIfAbsent" && failures-- > 0, () => throw new IOException("no room")));
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddTicks(Start * 10));
        var warnings = new ConcurrentQueue<string>();
        var maintenance = new LakeMaintenance(SmallPipeline.Compile(SmallPipeline.Yaml()), lake, time, warnings.Enqueue);
        await Fill(lake, report => maintenance.Committed(report));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = maintenance.Run(follow: true, stop.Token);
        for (var rows = 0L; rows < 2 && !running.IsCompleted; time.Advance(TimeSpan.FromSeconds(5)))
        {
            await Task.Yield();
            rows = (await Tables(lake))[0].Rows;
        }

        await stop.CancelAsync();
        await running;
        Assert.Equal(2, (await Tables(lake))[0].Rows);
        Assert.Equal(4, warnings.Count);
        Assert.Equal("fold and roll of stream s failed (1 in a row), and are tried again in 1 s; batches are committed as before, and tables lag behind them: no room", warnings.First());
    }

    [Fact]
    public async Task A_table_is_made_by_its_first_rows_and_one_without_rows_at_the_end()
    {
        using var folder = new TemporaryFolder();
        using var lake = InMemory(folder.Path);
        await Fill(lake);
        var maintenance = new LakeMaintenance(SmallPipeline.Compile(SmallPipeline.Yaml()), lake, TimeProvider.System);
        await maintenance.Open(CancellationToken.None);
        Assert.Equal([0, 0, 0], (await Tables(lake)).Select(table => table.Version));
        for (var again = 0; again < 2; again++)
        {
            await maintenance.Finish(closeWindows: true, CancellationToken.None);
            var tables = await Tables(lake);
            Assert.Equal([1, 1, 1], tables.Select(table => table.Version));
            Assert.Equal([2, 0, 2], tables.Select(table => table.Rows));
            Assert.All(tables, table => Assert.NotNull(table.Schema));
        }
    }

    [Fact]
    public async Task A_version_of_silver_without_any_rows_has_its_columns()
    {
        using var folder = new TemporaryFolder();
        using var lake = InMemory(folder.Path);
        var pipeline = SmallPipeline.Compile(SmallPipeline.Yaml());
        var entry = new ShardEntry("bad", []);
        await new StreamCatalog(lake.State, "s", lake.Attempts).Register(entry, CancellationToken.None);
        using var consumer = new ShardConsumer(pipeline, entry, seed: 7, lake.State, lake.Objects, lake.Attempts);
        var record = new StreamRecord(SequenceNumber.From(1), "{"u8.ToArray(), Start);
        await consumer.Commit(new MicroBatch("bad", new[] { record }), CancellationToken.None);
        await new LakeMaintenance(pipeline, lake, TimeProvider.System).Finish(closeWindows: true, CancellationToken.None);
        var tables = await Tables(lake);
        Assert.Equal([0, 1, 0], tables.Select(table => table.Rows));
        Assert.True(RecordBatches.SameSchema(pipeline.Silver.Schema, tables[0].Schema!));
    }

    private static async Task<TableSnapshot[]> Tables(OpenLake lake)
    {
        string[] paths = ["silver/s", "quarantine/s", "gold/m"];
        return await Task.WhenAll(paths.Select(path => new LakeTable(lake.Objects, path).Load(CancellationToken.None)));
    }

    /// <summary>Two shards, one window apart.</summary>
    private static OpenLake InMemory(string folder, Interruption? interruption = null)
    {
        var root = LakeFolder.OpenOrCreate(folder);
        var state = new SqliteStateStore(root.Root);
        var objects = new MemoryObjectStore();
        return new OpenLake(interruption is null ? objects : new InterruptedObjectStore(objects, interruption), state, new CountedAttempts("m"), root, state);
    }

    private static async Task Fill(OpenLake lake, Action<BatchReport>? onCommit = null)
    {
        var pipeline = SmallPipeline.Compile(SmallPipeline.Yaml());
        var catalog = new StreamCatalog(lake.State, "s", lake.Attempts);
        foreach (var (shard, timeUs) in new[] { ("behind", Start), ("ahead", Start + (15 * Second)) })
        {
            var entry = new ShardEntry(shard, []);
            await catalog.Register(entry, CancellationToken.None);
            using var consumer = new ShardConsumer(pipeline, entry, seed: 7, lake.State, lake.Objects, lake.Attempts);
            var report = await consumer.Commit(SmallPipeline.Batch(shard, Start, new Event(1, shard, "k", timeUs)), CancellationToken.None);
            onCommit?.Invoke(report);
        }
    }
}
