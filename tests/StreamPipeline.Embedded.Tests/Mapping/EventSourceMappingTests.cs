using CsCheck;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Mapping;

namespace StreamPipeline.Embedded.Tests.Mapping;

public sealed class EventSourceMappingTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Every_record_is_committed_once_in_order_and_every_buffer_released_once() =>
        Gen.Select(Gen.Int[1, 7], Gen.Int[1, 3], Gen.Int[0, 12].Array[0, 20]).Sample((batchSize, shards, chunkSizes) =>
        {
            var committed = new Dictionary<string, List<MicroBatch>>();
            var buffers = new List<CountingBuffer>();
            var names = Enumerable.Range(0, shards).Select(i => $"shard-{i}").ToArray();
            Run(
                new MappingSettings { BatchSize = batchSize },
                names,
                async send =>
                {
                    var next = 0;
                    foreach (var size in chunkSizes)
                    {
                        var buffer = new CountingBuffer();
                        buffers.Add(buffer);
                        var records = Enumerable.Range(next, size).Select(i => Record(i, bytes: 1)).ToArray();
                        next += size;
                        await send(names[buffers.Count % shards], new RecordChunk([.. records], buffer));
                    }
                },
                (batch, _) =>
                {
                    lock (committed)
                    {
                        (committed.TryGetValue(batch.Shard, out var list) ? list : committed[batch.Shard] = []).Add(new MicroBatch(batch.Shard, [.. batch.Records]));
                    }

                    return new ValueTask<BatchReport>(default(BatchReport));
                });

            Assert.Equal(chunkSizes.Sum(), committed.Values.Sum(list => list.Sum(batch => batch.Records.Count)));
            foreach (var list in committed.Values)
            {
                var sequences = list.SelectMany(batch => batch.Records).Select(record => record.Sequence).ToList();
                Assert.Equal(sequences.Order(), sequences);

                // Full batches but for the last: the cut depends on the input alone.
                Assert.All(list.SkipLast(1), batch => Assert.Equal(batchSize, batch.Records.Count));
            }

            Assert.All(buffers, buffer => Assert.Equal(1, buffer.Disposals));
        }, iter: 200);

    [Fact]
    public void No_more_batches_are_under_way_than_the_settings_allow()
    {
        var (now, most) = (0, 0);
        var shards = Enumerable.Range(0, 6).Select(i => $"s{i}").ToArray();
        Run(
            new MappingSettings { BatchSize = 1, BatchesAtOnce = 2 },
            shards,
            async send =>
            {
                for (var i = 0; i < 120; i++)
                {
                    await send(shards[i % shards.Length], new RecordChunk([Record(i, bytes: 1)], new CountingBuffer()));
                }
            },
            async (_, _) =>
            {
                InterlockedMax(ref most, Interlocked.Increment(ref now));
                await Task.Yield();
                Interlocked.Decrement(ref now);
                return default;
            });
        Assert.Equal(2, most);

        static void InterlockedMax(ref int target, int value)
        {
            for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
            {
                Interlocked.CompareExchange(ref target, value, seen);
            }
        }
    }

    [Fact]
    public void A_batch_stays_below_the_payload_limit_as_base64()
    {
        var sizes = new List<int>();
        Run(
            new MappingSettings { PayloadBytesMax = 6 << 20 },
            ["s"],
            send => send("s", new RecordChunk([.. Enumerable.Range(0, 20).Select(i => Record(i, bytes: 1 << 20))], new CountingBuffer())).AsTask(),
            (batch, _) =>
            {
                sizes.Add(batch.Records.Count);
                return new ValueTask<BatchReport>(default(BatchReport));
            });

        // 1 MiB is 1.4 MB as base64: four to a payload of 6 MiB.
        Assert.Equal([4, 4, 4, 4, 4], sizes);
    }

    [Fact]
    public async Task A_batch_that_is_not_full_waits_for_its_window_and_no_longer()
    {
        var settings = new MappingSettings { BatchWindow = TimeSpan.FromSeconds(3) };
        var committed = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var lane = new Lane("s", (batch, _) =>
        {
            committed.TrySetResult(batch.Records.Count);
            return default;
        }, ahead: null, settings, _time);
        var run = lane.Run(TestContext.Current.CancellationToken);
        await lane.Writer.WriteAsync(new RecordChunk([Record(1, 1), Record(2, 1)], new CountingBuffer()), TestContext.Current.CancellationToken);
        while (!committed.Task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(2, await committed.Task);
        lane.Writer.Complete();
        await run;
    }

    [Fact]
    public async Task A_chunk_that_is_a_batch_by_itself_is_not_copied()
    {
        StreamRecords records = [Record(1, 1), Record(2, 1)];
        var committed = new List<MicroBatch>();
        await RunAsync(
            new MappingSettings { BatchSize = 3 },
            ["s", "t"],
            async send =>
            {
                await send("s", new RecordChunk(records, new CountingBuffer()));
                await send("t", new RecordChunk(records, new CountingBuffer()));
                await send("t", new RecordChunk([Record(3, 1), Record(4, 1)], new CountingBuffer()));
            },
            (batch, _) =>
            {
                lock (committed)
                {
                    committed.Add(batch);
                }

                return new ValueTask<BatchReport>(default(BatchReport));
            },
            TestContext.Current.CancellationToken);

        Assert.Same(records, Assert.Single(committed, batch => batch.Shard == "s").Records);
        Assert.DoesNotContain(committed, batch => batch.Shard == "t" && ReferenceEquals(batch.Records, records));
        Assert.Equal(2, records.Count);
    }

    [Fact]
    public async Task A_failed_commit_is_tried_again_and_then_stops_the_run_with_its_own_error()
    {
        var attempts = 0;
        var settings = new MappingSettings { RetriesMax = 2, RetryDelay = TimeSpan.Zero };
        var error = await Assert.ThrowsAsync<IOException>(() => RunAsync(
            settings,
            ["a", "b"],
            async send =>
            {
                for (var i = 0; i < 1000; i++)
                {
                    await send("a", new RecordChunk([Record(i, 1)], new CountingBuffer()));
                    await send("b", new RecordChunk([Record(i, 1)], new CountingBuffer()));
                }
            },
            (batch, _) => batch.Shard == "a" && Interlocked.Increment(ref attempts) > 0
                ? ValueTask.FromException<BatchReport>(new IOException("disk full"))
                : new ValueTask<BatchReport>(default(BatchReport)),
            TestContext.Current.CancellationToken));

        Assert.Equal("disk full", error.Message);
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task A_reader_that_fails_is_not_taken_for_the_end_of_the_input()
    {
        var commits = 0;
        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(
            new MappingSettings(),
            ["s"],
            async send =>
            {
                await send("s", new RecordChunk([Record(1, 1)], new CountingBuffer()));
                throw new InvalidDataException("broken");
            },
            (_, _) =>
            {
                commits++;
                return new ValueTask<BatchReport>(default(BatchReport));
            },
            TestContext.Current.CancellationToken));

        Assert.Equal(0, commits);
    }

    private static StreamRecord Record(int sequence, int bytes) => new(SequenceNumber.From((UInt128)(uint)sequence), new byte[bytes], 0);

    private void Run(MappingSettings settings, string[] shards, Func<EventSourceMapping.Send, Task> produce, EventSourceMapping.Commit commit) =>
        RunAsync(settings, shards, produce, commit, CancellationToken.None).GetAwaiter().GetResult();

    private Task RunAsync(
        MappingSettings settings, string[] shards, Func<EventSourceMapping.Send, Task> produce, EventSourceMapping.Commit commit, CancellationToken cancellation) =>
        new EventSourceMapping(settings, _time, _ => new EventSourceMapping.Consumer(commit, Prepare: null), _ => { }).Run(shards, (send, _) => produce(send), cancellation);

    private sealed class CountingBuffer : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
