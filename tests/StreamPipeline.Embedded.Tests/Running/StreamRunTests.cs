using System.Collections.Concurrent;
using System.Text;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Redriving;
using StreamPipeline.Embedded.Running;

namespace StreamPipeline.Embedded.Tests.Running;

public sealed class StreamRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CountedAttempts _attempts = new("r");
    private readonly Pipeline _pipeline = SmallPipeline.Compile(SmallPipeline.Yaml());
    private readonly OpenLake _lake;

    public StreamRunTests()
    {
        var root = LakeFolder.OpenOrCreate(Path.Combine(_folder.Path, "lake"));
        var state = new SqliteStateStore(root.Root);
        _lake = new OpenLake(new FolderObjectStore(root.Root, "t"), state, _attempts, root, state);
    }

    public void Dispose()
    {
        _lake.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_split_in_mid_stream_counts_each_event_once_and_a_second_run_reads_nothing_again()
    {
        var stream = new MemoryRecordStream(pageSize: 7);
        stream.Add("shardId-0", [], Records(1, 30), ended: true);
        stream.Add("shardId-1", ["shardId-0"], Records(101, 20, idFrom: 25), ended: false);
        stream.Add("shardId-2", ["shardId-0"], Records(201, 20, idFrom: 50), ended: false);
        var report = await Run(stream);
        Assert.Equal((70, 65, 5), (report.Totals.Counts.Records, report.Totals.Counts.Silver, report.Totals.Counts.Duplicates));
        var again = await Run(stream);
        Assert.Equal((0, 0), (again.Totals.Counts.Records, again.Totals.Replayed));
    }

    [Fact]
    public async Task What_a_function_fails_on_goes_to_the_destination_and_redrive_takes_it_back_once()
    {
        var destination = Path.Combine(_folder.Path, "failures");
        var stream = new MemoryRecordStream(pageSize: 50);
        stream.Add("shardId-0", [], Records(1, 40), ended: false);
        using var function = new Function(this, failsOn: 17);
        var report = await Run(stream, new MappingSettings { Bisect = true, RetriesMax = 0, RetryDelay = TimeSpan.Zero, BatchWindow = TimeSpan.Zero }, function, destination);
        Assert.Equal((39, 39), (report.Totals.Counts.Records, report.Totals.Counts.Silver));
        var file = Assert.Single(Directory.EnumerateFiles(destination, "*", SearchOption.AllDirectories));
        Assert.Contains(Path.Combine("aws", "lambda", "s", "shardId-0"), file, StringComparison.Ordinal);

        var redriven = await new LakeRedrive(_pipeline, _lake, TimeProvider.System).Run(new RedriveOptions(destination, null, false, false), CancellationToken.None);
        Assert.Equal((1, 1), (redriven.Counts.Records, redriven.Counts.Silver));
        var again = await new LakeRedrive(_pipeline, _lake, TimeProvider.System).Run(new RedriveOptions(destination, null, false, false), CancellationToken.None);
        Assert.Equal((0, 1), (again.Counts.Records, again.Replayed));
    }

    [Fact]
    public async Task What_a_function_had_committed_when_it_failed_is_not_counted_twice()
    {
        var stream = new MemoryRecordStream(pageSize: 50);
        stream.Add("shardId-0", [], Records(1, 10), ended: false);
        using var function = new Function(this, failsOn: -1) { FailuresAfterCommit = 1 };
        var report = await Run(stream, new MappingSettings { RetriesMax = 1, RetryDelay = TimeSpan.Zero, BatchWindow = TimeSpan.Zero }, function);
        Assert.Equal((10, 10), (report.Totals.Counts.Records, report.Totals.Counts.Silver));
        Assert.Equal(2, function.Invocations);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_followed_run_goes_on_while_no_table_can_be_written_and_writes_them_at_its_end()
    {
        var isFull = true;
        using var lake = InMemory((_, call) => isFull && call == "PutIfAbsent", new IOException("no room"));
        var stream = new MemoryRecordStream(pageSize: 50);
        stream.Add("shardId-0", [], Records(1, 20), ended: false);
        var warnings = new ConcurrentQueue<string>();
        var counters = new RunCounters();
        using var runner = new LakeRunner(_pipeline, lake, TimeProvider.System, counters, warnings.Enqueue);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = runner.Run(Options(stream) with { Follow = true }, stop.Token);
        while (!running.IsCompleted && (warnings.IsEmpty || counters.Read().Counts.Silver < 20))
        {
            await Task.Yield();
        }

        isFull = false;
        await stop.CancelAsync();
        Assert.Equal(20, (await running).Totals.Counts.Silver);
        Assert.Equal(20, (await new LakeTable(lake.Objects, "silver/s").Load(CancellationToken.None)).Rows);
        Assert.Contains("no room", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_followed_run_ends_by_itself_when_a_table_is_damaged()
    {
        using var lake = InMemory((_, call) => call == "PutIfAbsent", new InvalidDataException("damaged"));
        var stream = new MemoryRecordStream();
        stream.Add("shardId-0", [], Records(1, 20), ended: false);
        using var runner = new LakeRunner(_pipeline, lake, TimeProvider.System, new RunCounters());
        var failure = await Assert.ThrowsAsync<InvalidDataException>(() => runner.Run(Options(stream) with { Follow = true }, TestContext.Current.CancellationToken));
        Assert.Equal("damaged", failure.Message);
    }

    [Fact]
    public async Task A_run_that_is_not_followed_fails_when_its_last_fold_does()
    {
        using var lake = InMemory((_, call) => call == "PutIfAbsent", new IOException("no room"));
        var stream = new MemoryRecordStream();
        stream.Add("shardId-0", [], Records(1, 20), ended: false);
        using var runner = new LakeRunner(_pipeline, lake, TimeProvider.System, new RunCounters());
        await Assert.ThrowsAsync<IOException>(() => runner.Run(Options(stream), TestContext.Current.CancellationToken));
    }

    private OpenLake InMemory(Func<int, string, bool> when, Exception failure) => new(
        new InterruptedObjectStore(new MemoryObjectStore(), new Interruption(when, () => throw failure)), new MemoryStateStore(), _attempts, folder: null);

    private static StreamRunOptions Options(MemoryRecordStream stream) =>
        new(stream, "arn:aws:kinesis:x:0:stream/s", "x", new MappingSettings { BatchWindow = TimeSpan.Zero }, default, Follow: false, KeepOpen: false);

    private Task<RunReport> Run(MemoryRecordStream stream, MappingSettings? settings = null, Function? function = null, string? destination = null)
    {
        var options = new StreamRunOptions(stream, "arn:aws:kinesis:x:0:stream/s", "x", settings ?? new MappingSettings(), default, Follow: false, KeepOpen: false)
        {
            Function = function is null ? null : _ => function.Invoke,
            OnFailure = destination is null ? null : new FolderObjectStore(destination, "f"),
        };
        return RunOnce(options);
    }

    private async Task<RunReport> RunOnce(StreamRunOptions options)
    {
        using var runner = new LakeRunner(_pipeline, _lake, TimeProvider.System, new RunCounters());
        return await runner.Run(options, TestContext.Current.CancellationToken);
    }

    private static StreamRecords Records(int from, int count, int idFrom = 0) => SmallPipeline.Batch(
        "x",
        SmallPipeline.StartUs + SmallPipeline.SecondUs,
        Enumerable.Range(0, count).Select(i => new Event(from + i, $"id{idFrom + i}", "k", SmallPipeline.StartUs + (i * 1000)))).Records;

    /// <summary>What a Lambda function does, without the process around it.</summary>
    private sealed class Function(StreamRunTests test, int failsOn) : IDisposable
    {
        private ShardConsumer? _consumer;

        public int FailuresAfterCommit { get; set; }

        public int Invocations { get; private set; }

        public async ValueTask<ReadOnlyMemory<byte>> Invoke(ReadOnlyMemory<byte> payload, CancellationToken cancellation)
        {
            Invocations++;
            using var read = LambdaEventReader.Read(payload.Span);
            var batch = Assert.Single(read.Batches);
            if (batch.Records.Any(record => record.Sequence == SequenceNumber.From((UInt128)(uint)Math.Max(failsOn, 0))))
            {
                throw new FunctionException("Runtime.ExitError");
            }

            var seed = (await new StreamCatalog(test._lake.State, "s", test._attempts).Find(cancellation))!.Seed;
            _consumer ??= new ShardConsumer(test._pipeline, new ShardEntry(batch.Shard, []), seed, test._lake.State, test._lake.Objects, test._attempts);
            await _consumer.Commit(batch, cancellation);
            return FailuresAfterCommit-- > 0 ? throw new FunctionException("Task timed out") : Encoding.UTF8.GetBytes("""{"batchItemFailures":[]}""");
        }

        public void Dispose() => _consumer?.Dispose();
    }
}
