using System.Text;
using System.Text.Json;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Windows;
using StreamPipeline.Lambda.Functions;

namespace StreamPipeline.Lambda.Tests.Functions;

public sealed class ConsumeFunctionTests
{
    private const string AllCommitted = """{"batchItemFailures":[]}""";

    private readonly FunctionFixture _fixture = new();

    [Fact]
    public async Task A_batch_is_committed_and_its_replay_changes_nothing()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        var payload = LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 20));
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, payload));
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, payload));
        Assert.Equal(new Counts(20, 20, 0, 0, 0), await _fixture.Totals());

        using var cold = new ConsumeFunction(_fixture.Deployment());
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(cold, payload));
        Assert.Equal(20, (await _fixture.Totals()).Records);
        Assert.Equal([0.0, 20.0, 20.0], _fixture.Metrics.Select(line => line.GetProperty("Replayed").GetDouble()));
    }

    [Fact]
    public async Task A_deployment_with_other_metrics_than_the_open_windows_commits_nothing_and_the_one_before_goes_on()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 20))));
        var before = _fixture.Pipeline;
        _fixture.Pipeline = SmallPipeline.Compile(SmallPipeline.Yaml().Replace("tumbling: 10s", "tumbling: 20s", StringComparison.Ordinal));
        using var changed = new ConsumeFunction(_fixture.Deployment());

        // A shard without a head, too: its windows would be of another form than those of the first.
        foreach (var batch in new[] { LambdaEvents.Batch("s0", 21, 20), LambdaEvents.Batch("s1", 1, 20) })
        {
            await Assert.ThrowsAsync<MetricChangedException>(() => FunctionFixture.Answer(changed, LambdaEvents.Of(batch)));
        }

        Assert.Equal(20, (await _fixture.Totals()).Records);
        _fixture.Pipeline = before;
        using var restored = new ConsumeFunction(_fixture.Deployment());
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("s0", 21, 20))));
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(restored, LambdaEvents.Of(LambdaEvents.Batch("s1", 1, 20))));
        Assert.Equal(60, (await _fixture.Totals()).Records);
    }

    [Fact]
    public async Task A_record_that_the_event_has_twice_is_a_replay_and_never_commits_ahead_of_the_records_before_it()
    {
        var fails = true;
        _fixture.Objects = new InterruptedObjectStore(
            _fixture.MemoryObjects, new Interruption((_, name) => fails && name == "Put", () => throw new IOException("the disk is gone")));
        using var consume = new ConsumeFunction(_fixture.Deployment());
        var batch = LambdaEvents.Batch("s0", 1, 5);
        var payload = LambdaEvents.Of(batch, new MicroBatch("s0", [batch.Records[1], batch.Records[3], batch.Records[3]]));
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"1"}]}""", await FunctionFixture.Answer(consume, payload));
        Assert.Equal(0, (await _fixture.Totals()).Records);

        fails = false;
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, payload));
        Assert.Equal(new Counts(5, 5, 0, 0, 0), await _fixture.Totals());
        Assert.Equal([0.0, 3.0], _fixture.Metrics.Select(line => line.GetProperty("Replayed").GetDouble()));
    }

    [Fact]
    public async Task Bad_records_are_quarantined_and_answered_as_success()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        var good = LambdaEvents.Batch("s0", 1, 2).Records;
        var bad = new StreamRecord(SequenceNumber.From(3), Encoding.UTF8.GetBytes("no json"), good[0].ArrivalTimeUs);
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, LambdaEvents.Of(new MicroBatch("s0", [.. good, bad]))));
        Assert.Equal(new Counts(3, 2, 0, 1, 0), await _fixture.Totals());
    }

    [Fact]
    public async Task Every_sample_event_is_answered()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        _fixture.Shards.AddRange(Enumerable.Range(0, 10).Select(i => new ShardEntry($"shardId-{i:D12}", [])));
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "events", "lambda"), "*.json");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
        }
    }

    [Fact]
    public async Task When_the_state_store_gives_no_answer_the_lowest_sequence_number_is_answered_and_the_retry_commits()
    {
        var fails = false;
        _fixture.State = new InterruptedStateStore(
            _fixture.Memory, new Interruption((_, call) => fails && call == "Swap", () => throw new StateUncertainException("no answer")));
        using var consume = new ConsumeFunction(_fixture.Deployment());
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 10))));

        // Records 6 to 10 are replays: 11 is the lowest that is not committed.
        fails = true;
        var payload = LambdaEvents.Of(LambdaEvents.Batch("s0", 6, 10));
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"11"}]}""", await FunctionFixture.Answer(consume, payload));
        Assert.Equal(10, (await _fixture.Totals()).Records);
        Assert.Equal("batch_not_committed", _fixture.Lines.Single(line => line.TryGetProperty("level", out var level) && level.GetString() == "ERROR").GetProperty("event").GetString());

        fails = false;
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, payload));
        Assert.Equal(new Counts(15, 15, 0, 0, 0), await _fixture.Totals());
        Assert.Equal([0.0, 1.0, 0.0], _fixture.Metrics.Select(line => line.GetProperty("UncommittedBatches").GetDouble()));
    }

    [Fact]
    public async Task A_swap_that_was_applied_without_an_answer_is_recognised()
    {
        var swaps = 0;
        _fixture.State = new ApplyingStateStore(_fixture.Memory, () => ++swaps > 4);
        using var consume = new ConsumeFunction(_fixture.Deployment());
        for (var batch = 0; batch < 5; batch++)
        {
            Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("s0", 1 + (batch * 10), 10))));
        }

        Assert.True(swaps > 4);
        Assert.Equal(new Counts(50, 50, 0, 0, 0), await _fixture.Totals());
    }

    [Fact]
    public async Task Of_several_shards_in_an_event_those_that_fail_are_answered()
    {
        _fixture.Objects = new InterruptedObjectStore(
            _fixture.MemoryObjects, new Interruption((call, name) => name == "Put" && call == 0, () => throw new IOException("the disk is gone")));
        using var consume = new ConsumeFunction(_fixture.Deployment());
        var payload = LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 5), LambdaEvents.Batch("s1", 100, 5));
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"1"}]}""", await FunctionFixture.Answer(consume, payload));
        Assert.Equal(5, (await _fixture.Totals()).Records);
        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, payload));
        Assert.Equal(new Counts(10, 10, 0, 0, 0), await _fixture.Totals());
    }

    [Fact]
    public async Task At_the_deadline_the_work_stops_and_nothing_is_left_half_done()
    {
        using var deadline = new CancellationTokenSource();
        _fixture.Objects = new InterruptedObjectStore(_fixture.MemoryObjects, new Interruption(
            (call, _) => call == 1,
            async () =>
            {
                await deadline.CancelAsync();
                deadline.Token.ThrowIfCancellationRequested();
            }));
        using var consume = new ConsumeFunction(_fixture.Deployment());
        var payload = LambdaEvents.Of(LambdaEvents.Batch("s0", 1, 5), LambdaEvents.Batch("s1", 100, 5));
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"100"}]}""", await FunctionFixture.Invoke(consume, payload, deadline.Token));
        Assert.Equal(0, (await _fixture.Totals()).Records);
        Assert.Equal(2, _fixture.Lines.Count(line => line.TryGetProperty("id", out var id) && id.GetInt32() == 1003));

        Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, payload));
        Assert.Equal(new Counts(10, 10, 0, 0, 0), await _fixture.Totals());
        Assert.True((await _fixture.Verify()).Checks.Single(check => check.Name == "each record once").IsOk);
    }

    [Theory]
    [InlineData("[]", "a JSON object with the member Records is expected")]
    [InlineData("{}", "has no member Records")]
    [InlineData("{\"Records\":[{}]}", "Records[0]")]
    [InlineData("{\"Records\":[{\"kinesis\"", "not JSON")]
    public async Task What_is_no_event_fails_the_invocation(string payload, string message)
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => FunctionFixture.Answer(consume, Encoding.UTF8.GetBytes(payload)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_of_a_shard_whose_child_was_read_fail_the_invocation_with_the_reason()
    {
        _fixture.Shards.Clear();
        _fixture.Shards.AddRange([new ShardEntry("child", ["parent"]), new ShardEntry("parent", [])]);
        using var consume = new ConsumeFunction(_fixture.Deployment());
        await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("parent", 1, 5)));
        await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("child", 100, 5)));
        var error = await Assert.ThrowsAsync<ShardFinalException>(() => FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("parent", 6, 5))));
        Assert.Contains("shard parent of stream s is final", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_shard_is_registered_with_all_others_parents_first()
    {
        _fixture.Shards.Clear();
        _fixture.Shards.AddRange([new ShardEntry("d", ["c"]), new ShardEntry("c", ["a", "b"]), new ShardEntry("b", ["gone"]), new ShardEntry("a", [])]);
        using var consume = new ConsumeFunction(_fixture.Deployment());
        await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("a", 1, 3)));
        await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("d", 1, 3)));
        var shards = await _fixture.Catalog.Shards(TestContext.Current.CancellationToken);
        Assert.Equal(["a", "b", "c", "d"], shards.Select(shard => shard.Shard));
        Assert.Equal(["a", "b"], shards[2].Parents);
        Assert.Equal(1, _fixture.ListShardsCalls);
    }

    [Fact]
    public async Task A_shard_that_the_stream_does_not_have_is_answered_as_not_committed()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"1"}]}""", await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch("other", 1, 3))));
        Assert.Contains("not among the 2 shards", _fixture.Lines[0].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_consumers_that_are_kept_warm_are_bounded_and_a_forgotten_one_goes_on()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        _fixture.Shards.AddRange(Enumerable.Range(2, 8).Select(i => new ShardEntry($"s{i}", [])));
        for (var round = 0; round < 2; round++)
        {
            for (var shard = 0; shard < 10; shard++)
            {
                // Each round brings five records again and five new ones.
                Assert.Equal(AllCommitted, await FunctionFixture.Answer(consume, LambdaEvents.Of(LambdaEvents.Batch($"s{shard}", 1 + (round * 5), 10))));
                Assert.InRange(consume.WarmShards, 1, WarmShards.ShardsMax);
            }
        }

        Assert.Equal(new Counts(150, 150, 0, 0, 0), await _fixture.Totals());
    }

    [Fact]
    public async Task An_invocation_writes_one_line_in_the_embedded_metric_format()
    {
        using var consume = new ConsumeFunction(_fixture.Deployment());
        _fixture.WriteUnits = 3;
        _fixture.Objects = new InterruptedObjectStore(_fixture.MemoryObjects, new Interruption((_, _) => true, () =>
        {
            _fixture.WriteUnits += 1.5;
            _fixture.Time.Advance(TimeSpan.FromMilliseconds(100));
            return Task.CompletedTask;
        }));
        using var timed = new ConsumeFunction(_fixture.Deployment());
        var batch = LambdaEvents.Batch("s0", 1, 20);
        await FunctionFixture.Answer(timed, LambdaEvents.Of(batch));

        var line = Assert.Single(_fixture.Metrics);
        var directive = Assert.Single(line.GetProperty("_aws").GetProperty("CloudWatchMetrics").EnumerateArray());
        Assert.Equal("StreamPipeline", directive.GetProperty("Namespace").GetString());
        Assert.Equal("""[["Stream"]]""", directive.GetProperty("Dimensions").GetRawText());
        Assert.InRange(line.GetProperty("_aws").GetProperty("Timestamp").GetInt64(), 1, _fixture.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var metrics = directive.GetProperty("Metrics").EnumerateArray().ToDictionary(metric => metric.GetProperty("Name").GetString()!, metric => metric.GetProperty("Unit").GetString());

        // Whatever the directive names has a number in the line, and the units are CloudWatch's.
        Assert.All(metrics, metric => Assert.Equal(JsonValueKind.Number, line.GetProperty(metric.Key).ValueKind));
        Assert.All(metrics.Values, unit => Assert.Contains(unit, new[] { "Count", "Bytes", "Milliseconds", "None" }));
        Assert.InRange(metrics.Count, 1, 100);
        Assert.Equal(20, line.GetProperty("Records").GetInt64());
        Assert.Equal(batch.Records.Sum(record => (long)record.Data.Length), line.GetProperty("Bytes").GetInt64());
        Assert.Equal(20, line.GetProperty("Silver").GetInt64());
        Assert.Equal(1.5 * 2, line.GetProperty("WriteUnits").GetDouble());
        Assert.Equal(100, line.GetProperty("BronzeMs").GetDouble());
        Assert.Equal(100, line.GetProperty("StageMs").GetDouble());
        Assert.Equal(3_599_000 + 200, line.GetProperty("LagMs").GetDouble());
        Assert.Equal(3_580_000 + 200, line.GetProperty("WatermarkAgeMs").GetDouble());
        Assert.Equal("s", line.GetProperty("Stream").GetString());
        Assert.Equal("r1", line.GetProperty("RequestId").GetString());
        Assert.False(metrics.ContainsKey("Score"));
    }
}
