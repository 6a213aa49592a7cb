using CsCheck;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Mapping;

namespace StreamPipeline.Embedded.Tests.Mapping;

public sealed class BatchDeliveryTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000)) { AutoAdvanceAmount = TimeSpan.Zero };

    [Fact]
    public void Bisect_finds_just_the_records_that_fail_and_everything_else_is_committed_in_order() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 39].HashSet[0, 6], Gen.Int[0, 3], Gen.Bool).Sample((count, poison, retries, partial) =>
        {
            var bad = poison.Where(index => index < count).ToHashSet();
            var run = new Recorder(bad, partial);
            Deliver(new MappingSettings { Bisect = true, RetriesMax = retries, RetryDelay = TimeSpan.Zero }, run, count, (discarded, _) => run.Discard(discarded));
            Assert.Equal(Enumerable.Range(0, count).Where(index => !bad.Contains(index)), run.Committed);
            Assert.Equal(bad.Order(), run.Discarded);
            Assert.Equal(run.Settled.Order(), run.Settled);
            Assert.Equal(count - 1, run.Settled[^1]);
            Assert.All(run.Attempts, attempts => Assert.Equal(retries + 1, attempts));
        }, iter: 300);

    [Fact]
    public void Without_bisect_a_batch_is_retried_whole_and_then_discarded_whole()
    {
        var run = new Recorder([3], partial: false);
        Deliver(new MappingSettings { RetriesMax = 2, RetryDelay = TimeSpan.Zero }, run, 6, (discarded, _) => run.Discard(discarded));
        Assert.Equal(3, run.Invocations);
        Assert.Empty(run.Committed);
        Assert.Equal(Enumerable.Range(0, 6), run.Discarded);
    }

    [Fact]
    public void Without_a_destination_nothing_is_discarded_and_the_failure_ends_the_run()
    {
        var run = new Recorder([3], partial: true);
        var error = Assert.Throws<FunctionException>(() => Deliver(new MappingSettings { Bisect = true, RetriesMax = 1, RetryDelay = TimeSpan.Zero }, run, 6, null));
        Assert.Contains("sequence number 3", error.Message, StringComparison.Ordinal);
        Assert.Equal([0, 1, 2], run.Committed);
        Assert.Equal(2, run.Settled[^1]);
    }

    [Fact]
    public void A_partial_answer_has_only_the_rest_handed_over_again()
    {
        var run = new Recorder([4], partial: true);
        Deliver(new MappingSettings { RetriesMax = 0, RetryDelay = TimeSpan.Zero }, run, 6, (discarded, _) => run.Discard(discarded));
        Assert.Equal([0, 1, 2, 3], run.Committed);
        Assert.Equal([4, 5], run.Discarded);
        Assert.Equal([6, 2], run.Sizes);
    }

    [Fact]
    public void Records_beyond_the_age_limit_are_discarded_before_they_are_handed_over()
    {
        var run = new Recorder([], partial: false);
        Deliver(new MappingSettings { RecordAgeMax = TimeSpan.FromSeconds(3.5) }, run, 6, (discarded, _) => run.Discard(discarded), secondsOld: index => 6 - index);
        Assert.Equal([0, 1, 2], run.Discarded);
        Assert.Equal([3, 4, 5], run.Committed);
        Assert.Equal("RecordAgeExceeded", run.Condition);
    }

    [Fact]
    public void An_answer_that_names_a_failure_behind_the_batch_is_an_error_not_a_success()
    {
        var run = new Recorder([], partial: false) { Answer = SequenceNumber.From(99) };
        var error = Assert.Throws<FunctionException>(() => Deliver(new MappingSettings { RetriesMax = 0 }, run, 3, null));
        Assert.Contains("99", error.Message, StringComparison.Ordinal);
        Assert.Empty(run.Settled);
    }

    private void Deliver(MappingSettings settings, Recorder run, int count, Discard? discard, Func<int, double>? secondsOld = null)
    {
        var now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / 10;
        var batch = new MicroBatch("s", [.. Enumerable.Range(0, count).Select(index =>
            new StreamRecord(SequenceNumber.From((UInt128)(uint)index), new byte[1], now - (long)((secondsOld?.Invoke(index) ?? 0) * 1e6)))]);
        var delivery = new BatchDelivery(settings, _time, (part, _) => run.Invoke(part), discard, _ => { }, (sequence, _) => run.OnSettled(sequence));
        delivery.Deliver(batch, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    private sealed class Recorder(HashSet<int> poison, bool partial)
    {
        public List<int> Committed { get; } = [];

        public List<int> Discarded { get; } = [];

        public List<int> Settled { get; } = [];

        public List<int> Sizes { get; } = [];

        public List<int> Attempts { get; } = [];

        public string? Condition { get; private set; }

        public int Invocations { get; private set; }

        public SequenceNumber? Answer { get; init; }

        public ValueTask<Invocation> Invoke(MicroBatch batch)
        {
            Invocations++;
            Sizes.Add(batch.Records.Count);
            var sequences = batch.Records.Select(Index).ToList();
            var first = sequences.FindIndex(poison.Contains);
            if (first < 0)
            {
                Committed.AddRange(sequences);
                return new(new Invocation(default, Answer));
            }

            if (!partial)
            {
                throw new IOException("poison");
            }

            Committed.AddRange(sequences[..first]);
            return new(new Invocation(default, batch.Records[first].Sequence));
        }

        public ValueTask Discard(DiscardedBatch discarded)
        {
            Discarded.AddRange(discarded.Batch.Records.Select(Index));
            Attempts.Add(discarded.Attempts);
            Condition = discarded.Condition;
            return default;
        }

        public ValueTask OnSettled(SequenceNumber sequence)
        {
            Settled.Add((int)sequence.Low);
            return default;
        }

        private static int Index(StreamRecord record) => (int)record.Sequence.Low;
    }
}
