using CsCheck;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Mapping;

namespace StreamPipeline.Embedded.Tests.Mapping;

/// <summary>A lane prepares the next batch while one is delivered, and is otherwise as it would be without.</summary>
public sealed class LaneAheadTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact(Timeout = 60_000)]
    public async Task The_next_batch_is_prepared_while_the_one_before_is_still_being_committed()
    {
        var prepared = new TaskCompletionSource<MicroBatch>(TaskCreationOptions.RunContinuationsAsynchronously);
        var committed = new List<(MicroBatch Batch, int Records)>();
        await Run(
            new MappingSettings { BatchSize = 2, BatchesAhead = 1 },
            ["s"],
            send => send("s", Chunk(0, 4, new Buffers())).AsTask(),
            async (batch, _) =>
            {
                committed.Add((batch, batch.Records.Count));
                await prepared.Task.WaitAsync(TestContext.Current.CancellationToken);
                return default;
            },
            batch => prepared.TrySetResult(batch));

        Assert.Equal([2, 2], committed.Select(batch => batch.Records));
        Assert.Same(committed[1].Batch, await prepared.Task);
    }

    [Fact]
    public void Deliveries_retries_failures_and_buffers_are_the_same_with_and_without_preparing() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 7].Array[0, 12], Gen.Int[0, 30].Array[0, 6], Gen.Int[0, 2]).Sample((batchSize, chunks, failures, retries) =>
        {
            var plain = Log(batchSize, chunks, failures, retries, isAhead: false);
            var ahead = Log(batchSize, chunks, failures, retries, isAhead: true);

            Assert.Equal(plain, ahead);
        }, iter: 300);

    [Fact(Timeout = 60_000)]
    public async Task A_delivery_that_fails_ends_the_lane_though_no_further_record_comes()
    {
        using var room = new SemaphoreSlim(1);
        var buffers = new Buffers();
        var lane = new Lane("s", (_, _) => ValueTask.FromException(new IOException("disk full")), new BatchesAhead(_ => { }, room), new MappingSettings { BatchSize = 1 }, _time);
        await lane.Writer.WriteAsync(Chunk(0, 1, buffers), TestContext.Current.CancellationToken);
        await lane.Writer.WriteAsync(Chunk(1, 1, buffers), TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<IOException>(() => lane.Run(TestContext.Current.CancellationToken));
        Assert.Equal((2, 2), (buffers.Made, buffers.Released));
        Assert.Equal(1, room.CurrentCount);
    }

    [Fact]
    public async Task No_more_batches_are_prepared_ahead_than_the_settings_allow()
    {
        // Eight lanes.
        var shards = Enumerable.Range(0, 8).Select(i => $"s{i}").ToArray();
        var (now, most) = (0, 0);
        var ahead = new HashSet<MicroBatch>();
        await Run(
            new MappingSettings { BatchSize = 1, BatchesAtOnce = 2, BatchesAhead = 1 },
            shards,
            async send =>
            {
                for (var i = 0; i < 160; i++)
                {
                    await send(shards[i % shards.Length], Chunk(i, 1, new Buffers()));
                }
            },
            async (batch, _) =>
            {
                await Task.Yield();
                lock (ahead)
                {
                    now -= ahead.Remove(batch) ? 1 : 0;
                }

                return default;
            },
            batch =>
            {
                lock (ahead)
                {
                    ahead.Add(batch);
                    most = Math.Max(most, ++now);
                }
            });

        Assert.Equal(1, most);
        Assert.Equal(0, now);
    }

    /// <summary>All calls of the function, what ended the run, and, of one that did not fail, whether every buffer was released once; none may be while it is read.</summary>
    private List<string> Log(int batchSize, int[] chunks, int[] failures, int retries, bool isAhead)
    {
        var log = new List<string>();
        var buffers = new Buffers();
        var call = 0;
        MicroBatch? prepared = null;
        try
        {
            Run(
                new MappingSettings { BatchSize = batchSize, RetriesMax = retries, RetryDelay = TimeSpan.Zero, Bisect = retries == 2 },
                ["s"],
                async send =>
                {
                    var next = 0;
                    foreach (var size in chunks)
                    {
                        await send("s", Chunk(next, size, buffers));
                        next += size;
                    }
                },
                async (batch, _) =>
                {
                    log.Add($"{Read(batch)}");
                    await Task.Yield();
                    log.Add($"{Read(batch)}");
                    return failures.Contains(call++) ? throw new IOException("as planned") : default;
                },
                isAhead ? batch => Assert.NotSame(Interlocked.Exchange(ref prepared, batch), batch) : null).GetAwaiter().GetResult();
        }
        catch (IOException error)
        {
            log.Add(error.Message);
            return log;
        }

        log.Add($"{buffers.Released - buffers.Made} buffers too many were released");
        return log;
    }

    /// <summary>The records with their data: 1, unless it was released.</summary>
    private static string Read(MicroBatch batch)
    {
        var text = "";
        for (var i = 0; i < batch.Records.Count; i++)
        {
            text += $"{batch.Records[i].Sequence}:{batch.Records[i].Data.Span[0]} ";
        }

        return text;
    }

    private static RecordChunk Chunk(int first, int count, Buffers buffers)
    {
        var bytes = Enumerable.Repeat((byte)1, count).ToArray();
        return new RecordChunk(
            [.. Enumerable.Range(0, count).Select(i => new StreamRecord(SequenceNumber.From((UInt128)(uint)(first + i)), bytes.AsMemory(i, 1), 0))],
            buffers.New(bytes));
    }

    private Task Run(
        MappingSettings settings, string[] shards, Func<EventSourceMapping.Send, Task> produce, EventSourceMapping.Commit commit, Action<MicroBatch>? prepare) =>
        new EventSourceMapping(settings, _time, _ => new EventSourceMapping.Consumer(commit, prepare), _ => { }).Run(
            shards, (send, _) => produce(send), TestContext.Current.CancellationToken);

    /// <summary>Counts buffers, and wipes what is released, so that who reads it later is found out.</summary>
    private sealed class Buffers
    {
        private int _made;
        private int _released;

        public int Made => _made;

        public int Released => _released;

        public IDisposable New(byte[] bytes)
        {
            Interlocked.Increment(ref _made);
            return new Wiped(this, bytes);
        }

        private sealed class Wiped(Buffers owner, byte[] bytes) : IDisposable
        {
            public void Dispose()
            {
                Interlocked.Increment(ref owner._released);
                bytes.AsSpan().Clear();
            }
        }
    }
}
