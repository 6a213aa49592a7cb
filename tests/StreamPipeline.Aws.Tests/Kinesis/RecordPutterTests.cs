using System.Text;
using Amazon.Kinesis.Model;
using CsCheck;
using StreamPipeline.Aws.Kinesis;
using StreamPipeline.Aws.Putting;
using StreamPipeline.Aws.Retrying;

namespace StreamPipeline.Aws.Tests.Kinesis;

public sealed class RecordPutterTests
{
    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public void However_records_fail_each_is_taken_once_and_none_overtakes_one_of_its_key() => Gen
        .Select(Gen.Int[0, 1_300], Gen.Int[1, 600], Gen.Double[0, 0.6], Gen.Int[0, 1_000_000])
        .Sample(
            (count, keys, failRate, seed) =>
            {
                using var kinesis = new UnreliableKinesis(seed, failRate);
                var records = Records(count, keys, seed);
                var (outcome, results) = Run(Putter(kinesis, PutOrder.PerKey).Put(records, Never));
                Assert.Equal(count, outcome.Records);
                Assert.Equal(kinesis.Calls.Count, outcome.Calls);
                Assert.Equal(kinesis.Calls.Sum(call => call.Records!.Count), count + outcome.Retried);
                Assert.Equal(Enumerable.Range(0, count), kinesis.Taken.Select(taken => taken.Value).Order());
                Assert.All(kinesis.Taken.GroupBy(taken => taken.Key), key => Assert.Equal(key.Select(t => t.Value).Order(), key.Select(t => t.Value)));
                Assert.Equal(count, results.Select(result => result.SequenceNumber).Distinct().Count());
                CheckCalls(kinesis);
            },
            iter: 60,
            threads: 1);

    [Fact]
    public void When_answers_get_lost_each_record_is_taken_at_least_once_and_the_first_of_each_are_in_order() => Gen
        .Select(Gen.Int[1, 900], Gen.Int[1, 60], Gen.Int[0, 1_000_000])
        .Sample(
            (count, keys, seed) =>
            {
                using var kinesis = new UnreliableKinesis(seed, failRate: 0.2, lostRate: 0.2);
                Run(Putter(kinesis, PutOrder.PerKey).Put(Records(count, keys, seed), Never));
                var first = kinesis.Taken.Distinct().ToList();
                Assert.Equal(count, first.Count);
                Assert.All(first.GroupBy(taken => taken.Key), key => Assert.Equal(key.Select(t => t.Value).Order(), key.Select(t => t.Value)));
            },
            iter: 30,
            threads: 1);

    [Fact]
    public async Task Without_order_per_key_calls_are_full_and_what_failed_goes_first()
    {
        using var kinesis = new UnreliableKinesis(seed: 5, failRate: 0.3);
        await Putter(kinesis, PutOrder.WithinRetries).Put(Records(1_200, keys: 1, seed: 1), Never);
        Assert.Equal(500, kinesis.Calls[0].Records!.Count);
        Assert.Equal(500, kinesis.Calls[1].Records!.Count);
        foreach (var call in kinesis.Calls)
        {
            var values = call.Records!.Select(record => BitConverter.ToInt32(record.Data!.ToArray())).ToList();
            Assert.Equal(values.Order(), values);
        }
    }

    [Fact]
    public async Task Calls_stay_below_ten_mebibytes()
    {
        using var kinesis = new UnreliableKinesis(seed: 1, failRate: 0);
        var records = Enumerable.Range(0, 45).Select(i => new PutRecordsRequestEntry { Data = Data(i, 900_000), PartitionKey = $"k{i}" }).ToList();
        var (outcome, _) = await Putter(kinesis, PutOrder.PerKey).Put(records, Never);
        Assert.Equal(records.Sum(record => record.Data!.Length + record.PartitionKey!.Length), outcome.Bytes);
        Assert.Equal([11, 11, 11, 11, 1], kinesis.Calls.Select(call => call.Records!.Count));
        CheckCalls(kinesis);
    }

    [Fact]
    public async Task Records_that_are_never_taken_are_named_with_the_reason_and_what_to_do()
    {
        using var kinesis = new UnreliableKinesis(seed: 1, failRate: 1);
        var error = await Assert.ThrowsAsync<RecordsNotPutException>(async () => await Putter(kinesis, PutOrder.PerKey, attempts: 4).Put(Records(7, keys: 3, seed: 2), Never));
        Assert.StartsWith("7 of 7 records were not taken by stream 'flights': record 0 was turned away 4 times; in the last call: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("× ProvisionedThroughputExceededException (Rate exceeded for shard shardId-000000000000.)", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Put more slowly, or give the stream more shards; a key that is much more common than others fills one shard.", error.Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 7), error.NotPut);
        Assert.Equal(4, kinesis.Calls.Count);
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_refused_before_anything_is_sent()
    {
        using var kinesis = new UnreliableKinesis(seed: 1, failRate: 0);
        PutRecordsRequestEntry[] records =
            [new() { Data = Data(0, 4), PartitionKey = "k" }, new() { Data = Data(1, 1_048_576), PartitionKey = "k" }];
        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await Putter(kinesis, PutOrder.PerKey).Put(records, Never));
        Assert.Equal("record 1 for stream 'flights' has 1,048,577 bytes; at most 1,048,576 are allowed", error.Message);
        Assert.Empty(kinesis.Calls);
    }

    private static void CheckCalls(UnreliableKinesis kinesis) => Assert.All(kinesis.Calls, call =>
    {
        Assert.InRange(call.Records!.Count, 1, 500);
        Assert.InRange(call.Records.Sum(record => record.Data!.Length + Encoding.UTF8.GetByteCount(record.PartitionKey!)), 1, 10 * 1_048_576);
        Assert.Equal(call.Records.Count, call.Records.Select(record => record.PartitionKey).Distinct().Count());
    });

    private static List<PutRecordsRequestEntry> Records(int count, int keys, int seed)
    {
        var dice = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => new PutRecordsRequestEntry { Data = Data(i, 4), PartitionKey = $"k{dice.Next(keys)}" })];
    }

    private static MemoryStream Data(int value, int length)
    {
        var data = new byte[length];
        BitConverter.TryWriteBytes(data, value);
        return new MemoryStream(data);
    }

    private static RecordPutter Putter(UnreliableKinesis kinesis, PutOrder order, int attempts = 200) => new(
        kinesis,
        "flights",
        new RecordPutSettings { Order = order },
        new Backoff(new RetrySettings { AttemptsMax = attempts, DelayBase = TimeSpan.Zero, DelayMax = TimeSpan.Zero }, TimeProvider.System, new Random(1)));

    // Without waits and with a transport in memory nothing is ever pending.
    private static T Run<T>(Task<T> task)
    {
        Assert.True(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }
}
