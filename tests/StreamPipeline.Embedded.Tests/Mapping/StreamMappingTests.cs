using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Streams;
using StreamPipeline.Embedded.Mapping;

namespace StreamPipeline.Embedded.Tests.Mapping;

public sealed class StreamMappingTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryStateStore _state = new();
    private readonly List<(string Shard, int Sequence)> _committed = [];
    private readonly List<int> _discarded = [];

    [Fact]
    public async Task A_child_is_not_read_before_all_of_its_parents_are_settled()
    {
        var stream = new MemoryRecordStream();
        stream.Add("child", ["a", "b"], Records(20, 5), ended: false);
        stream.Add("a", [], Records(0, 7), ended: true);
        stream.Add("b", ["gone"], Records(10, 4), ended: true);
        await Run(stream);
        Assert.Equal("child", stream.Opened[^1]);
        Assert.Equal(2, stream.Opened.IndexOf("child"));
        Assert.Equal(16, _committed.Count);
        var firstOfChild = _committed.FindIndex(record => record.Shard == "child");
        Assert.Equal(11, firstOfChild);
    }

    [Fact]
    public void Whatever_fails_and_however_often_it_starts_again_each_record_is_settled_and_a_shard_is_in_order() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 9], Gen.Int[0, 1000]).Sample((pageSize, batchSize, seed) =>
        {
            var test = new StreamMappingTests();
            var random = new Random(seed);
            var stream = new MemoryRecordStream(pageSize) { OnRead = _ => Fail(random, 4) };
            stream.Add("p", [], Records(0, 20), ended: true);
            stream.Add("c", ["p"], Records(20, 20), ended: true);
            stream.Add("d", ["p"], Records(40, 20), ended: false);
            var runs = 0;
            for (var done = false; !done;)
            {
                Assert.True(++runs < 500, "no progress");
                try
                {
                    test.Run(stream, new MappingSettings { BatchSize = batchSize, RetriesMax = 1, RetryDelay = TimeSpan.Zero }, _ => Fail(random, 6)).GetAwaiter().GetResult();
                    done = true;
                }
                catch (IOException)
                {
                    // The next run goes on.
                }
            }

            Assert.Equal(Enumerable.Range(0, 60), test._committed.Select(record => record.Sequence).Distinct().Order());
            foreach (var shard in test._committed.GroupBy(record => record.Shard))
            {
                // A batch that failed after it was committed is handed over again; never one after it before that.
                var highest = shard.Select((record, index) => (record.Sequence, Before: shard.Take(index).Select(r => r.Sequence).DefaultIfEmpty(shard.Min(r => r.Sequence) - 1).Max()));
                Assert.All(highest, record => Assert.True(record.Sequence <= record.Before + 1));
            }

            var lastOfParent = test._committed.FindLastIndex(record => record.Shard == "p");
            Assert.True(test._committed.FindIndex(record => record.Shard != "p") > lastOfParent);
        }, iter: 60, threads: 1);

    [Fact]
    public async Task What_was_discarded_is_not_handed_over_again_by_the_next_run()
    {
        var stream = new MemoryRecordStream();
        stream.Add("s", [], Records(0, 4), ended: false);
        var settings = new MappingSettings { RetriesMax = 0, Bisect = true };
        await Run(stream, settings, batch => Throw(batch, 3), discards: true);
        Assert.Equal([3], _discarded);
        stream.Add("s", [], Records(4, 2), ended: false);
        await Run(stream, settings, batch => Throw(batch, 3), discards: true);
        Assert.Equal([3], _discarded);
        Assert.Equal([0, 1, 2, 4, 5], _committed.Select(record => record.Sequence));
    }

    [Fact]
    public async Task A_shard_that_is_new_starts_at_its_tip_when_asked_and_its_children_at_their_beginning()
    {
        var stream = new MemoryRecordStream();
        stream.Add("old", [], Records(0, 4), ended: true);
        stream.Add("new", ["old"], Records(10, 2), ended: false);
        await Run(stream, start: new StreamPosition(Latest: true));
        Assert.Equal([10, 11], _committed.Select(record => record.Sequence));
    }

    [Fact]
    public async Task What_arrives_at_the_tip_after_a_run_that_read_no_record_is_the_next_runs()
    {
        var stream = new MemoryRecordStream();
        var latest = new StreamPosition(Latest: true);
        stream.Add("s", [], Arriving(Records(0, 4)), ended: false);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Run(stream, start: latest);
        _time.Advance(TimeSpan.FromHours(1));
        stream.Add("s", [], Arriving(Records(4, 2)), ended: false);
        await Run(stream, start: latest);
        Assert.Equal([4, 5], _committed.Select(record => record.Sequence));
        stream.Add("s", [], Arriving(Records(6, 1)), ended: false);
        await Run(stream, start: latest);
        Assert.Equal([4, 5, 6], _committed.Select(record => record.Sequence));

        IEnumerable<StreamRecord> Arriving(IEnumerable<StreamRecord> records) =>
            records.Select(record => new StreamRecord(record.Sequence, record.Data, (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond));
    }

    [Fact]
    public async Task An_iterator_that_expired_is_opened_again_behind_the_last_record()
    {
        var expired = false;
        var stream = new MemoryRecordStream(pageSize: 2);
        var reads = 0;
        stream.OnRead = _ =>
        {
            if (++reads == 2 && !expired)
            {
                expired = true;
                throw new IteratorExpiredException("expired");
            }
        };
        stream.Add("s", [], Records(0, 6), ended: true);
        await Run(stream);
        Assert.Equal(Enumerable.Range(0, 6), _committed.Select(record => record.Sequence));
        Assert.Equal(2, stream.Opened.Count);
    }

    [Fact]
    public void The_event_a_function_gets_is_read_back_to_the_same_records()
    {
        var batch = new MicroBatch("shardId-000000000001", [.. Records(5, 3)]);
        var payload = new LambdaEventWriter("arn:aws:kinesis:eu-west-1:000000000000:stream/s", "eu-west-1").Write(batch);
        using var read = LambdaEventReader.Read(payload.Span);
        Assert.Null(read.Error);
        var back = Assert.Single(read.Batches);
        Assert.Equal(batch.Shard, back.Shard);
        Assert.Equal(batch.Records.Select(Text), back.Records.Select(Text));

        static string Text(StreamRecord record) => $"{record.Sequence} {record.ArrivalTimeUs} {Encoding.UTF8.GetString(record.Data.Span)}";
    }

    private Task Run(
        IRecordStream stream, MappingSettings? settings = null, Action<MicroBatch>? fail = null, bool discards = false, StreamPosition start = default)
    {
        var attempts = new CountedAttempts("t");
        var options = new StreamMappingOptions
        {
            Start = start,
            ReadInterval = TimeSpan.Zero,
            PollInterval = TimeSpan.Zero,
            CheckpointInterval = TimeSpan.FromHours(1),
            Discard = !discards ? null : (discarded, _) =>
            {
                _discarded.AddRange(discarded.Batch.Records.Select(record => (int)record.Sequence.Low));
                return default;
            },
        };
        var mapping = new StreamMapping(stream, new MappingCheckpoints(_state, "s", attempts), settings ?? new MappingSettings(), options, _time, (_, _) =>
            new(new PreparedShard(
                (batch, _) =>
                {
                    lock (_committed)
                    {
                        fail?.Invoke(batch);
                        _committed.AddRange(batch.Records.Select(record => (batch.Shard, (int)record.Sequence.Low)));
                        return new(default(Invocation));
                    }
                },
                null)));
        return mapping.Run(TestContext.Current.CancellationToken);
    }

    private static void Fail(Random random, int of)
    {
        lock (random)
        {
            if (random.Next(of) == 0)
            {
                throw new IOException("flaky");
            }
        }
    }

    private static void Throw(MicroBatch batch, int sequence)
    {
        if (batch.Records.Any(record => record.Sequence == SequenceNumber.From((UInt128)(uint)sequence)))
        {
            throw new IOException("poison");
        }
    }

    private static IEnumerable<StreamRecord> Records(int from, int count) => Enumerable.Range(from, count).Select(index =>
        new StreamRecord(SequenceNumber.From((UInt128)(uint)index), Encoding.UTF8.GetBytes($"{{\"n\":{index}}}"), 1_700_000_000_123_000 + index));
}
