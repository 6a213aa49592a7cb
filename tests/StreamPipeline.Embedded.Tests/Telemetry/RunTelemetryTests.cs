using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Running;
using StreamPipeline.Embedded.Telemetry;

namespace StreamPipeline.Embedded.Tests.Telemetry;

/// <summary>The instruments are the process's, so each test listens for a stream of its own.</summary>
public sealed class RunTelemetryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OpenLake _lake;

    public RunTelemetryTests()
    {
        var root = LakeFolder.OpenOrCreate(Path.Combine(_folder.Path, "lake"));
        var state = new SqliteStateStore(root.Root);
        _lake = new OpenLake(new FolderObjectStore(root.Root, "t"), state, new CountedAttempts("r"), root, state);
    }

    public void Dispose()
    {
        _lake.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_a_listener_counts_is_what_the_run_reports()
    {
        using var heard = new Listener("telemetry-counts");
        var report = await Run("telemetry-counts", Batch(1, 40), Broken(41), Broken(42), Batch(43, 10, idFrom: 30), Late(53));
        Assert.True(report.Totals.Counts is { Silver: > 0, Duplicates: > 0, Quarantined: 2, Late: 1 });
        var counts = report.Totals.Counts;
        Assert.Equal(counts.Records, heard.Sum("streampipeline.records"));
        Assert.Equal(counts.Silver, heard.Sum("streampipeline.silver"));
        Assert.Equal(counts.Duplicates, heard.Sum("streampipeline.duplicates"));
        Assert.Equal(counts.Late, heard.Sum("streampipeline.late"));
        Assert.Equal(report.Totals.Batches, heard.Sum("streampipeline.batches"));
        Assert.Equal(report.Totals.BytesRead, heard.Sum("streampipeline.bytes"));
        Assert.Equal(
            report.Quality.QuarantinedBy,
            heard.Of("streampipeline.quarantined").GroupBy(value => (string)value.Tags[StreamInstruments.ReasonTag]!).Select(group => (group.Key, (long)group.Sum(value => value.Value))));
    }

    [Fact]
    public async Task Records_that_are_delivered_again_count_as_replayed_and_not_as_records()
    {
        using var heard = new Listener("telemetry-replay");
        var pipeline = PipelineOf("telemetry-replay");
        using var consumer = new ObservedConsumer(pipeline, new ShardEntry("shardId-0", []), seed: 7, _lake, TimeProvider.System);
        var batch = new MicroBatch("shardId-0", [.. Batch(1, 20)]);
        await consumer.Commit(batch, CancellationToken.None);
        await consumer.Commit(batch, CancellationToken.None);
        Assert.Equal((20, 20, 1), (heard.Sum("streampipeline.records"), heard.Sum("streampipeline.replayed"), heard.Sum("streampipeline.batches")));
    }

    [Fact]
    public async Task Lag_and_watermark_age_are_held_against_the_clock_and_stages_add_up_to_no_more_than_their_batch()
    {
        using var heard = new Listener("telemetry-times");
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddTicks(10 * (SmallPipeline.StartUs + (61 * SmallPipeline.SecondUs))));
        await Run("telemetry-times", time, Batch(1, 2));

        // Arrived a second after the start of its window; the last event is a millisecond after it.
        Assert.Equal(60, Assert.Single(heard.Of("streampipeline.lag")).Value);
        Assert.Equal(60.999, Assert.Single(heard.Of("streampipeline.watermark.age")).Value, 6);
        Assert.Equal(
            ["bronze", "commit", "decode", "dedupe", "enrich", "load", "quality", "stage", "windows"],
            heard.Of("streampipeline.batch.stage.duration").Select(value => (string)value.Tags[StreamInstruments.StageTag]!).Order(StringComparer.Ordinal));
        Assert.True(heard.Of("streampipeline.batch.stage.duration").Sum(value => value.Value) <= heard.Of("streampipeline.batch.duration").Sum(value => value.Value));
    }

    [Fact]
    public async Task A_batch_a_fold_a_roll_and_a_vacuum_are_spans_and_carry_counts_and_no_content()
    {
        using var heard = new Listener("telemetry-spans");
        await Run("telemetry-spans", Batch(1, 40), Broken(41));
        Assert.Equal(["batch", "fold", "roll", "vacuum"], heard.Spans.Select(span => span.OperationName).Order(StringComparer.Ordinal));
        var batch = heard.Spans.Single(span => span.OperationName == "batch");
        Assert.Equal(
            ("shardId-0", 1L, 41L, 40L, 1L),
            ((string)batch.GetTagItem("shard")!, (long)batch.GetTagItem("generation")!, (long)batch.GetTagItem("records")!, (long)batch.GetTagItem("silver")!, (long)batch.GetTagItem("quarantined")!));
        Assert.Equal(40L, heard.Spans.Single(span => span.OperationName == "fold").GetTagItem("silver"));
        Assert.DoesNotContain(heard.Spans.SelectMany(span => span.TagObjects), tag => tag.Value is string text && text.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_batch_that_fails_is_a_failed_span_with_the_type_of_the_error_and_counts_nothing()
    {
        using var heard = new Listener("telemetry-failure");
        var telemetry = new BatchTelemetry("telemetry-failure", "shardId-0", TimeProvider.System, times: null);
        await Assert.ThrowsAsync<IOException>(() => telemetry.Observe<BatchReport>(
            new MicroBatch("shardId-0", [.. Batch(1, 1)]), (_, _) => throw new IOException("secret"), report => report, () => null, CancellationToken.None).AsTask());
        var span = Assert.Single(heard.Spans);
        Assert.Equal((ActivityStatusCode.Error, "System.IO.IOException", null), (span.Status, span.GetTagItem("error.type"), span.StatusDescription));
        Assert.Equal(0, heard.Sum("streampipeline.records"));
    }

    private Task<RunReport> Run(string stream, params IEnumerable<StreamRecord>[] records) => Run(stream, TimeProvider.System, records);

    private async Task<RunReport> Run(string stream, TimeProvider time, params IEnumerable<StreamRecord>[] records)
    {
        var source = new MemoryRecordStream(pageSize: 100);
        source.Add("shardId-0", [], records.SelectMany(part => part), ended: true);
        using var runner = new LakeRunner(PipelineOf(stream), _lake, time, new RunCounters());
        return await runner.Run(
            new StreamRunOptions(source, "arn:aws:kinesis:x:0:stream/s", "x", new MappingSettings(), default, Follow: false, KeepOpen: false),
            TestContext.Current.CancellationToken);
    }

    private static Pipeline PipelineOf(string stream) => SmallPipeline.Compile(SmallPipeline.Yaml().Replace("stream: s", $"stream: {stream}", StringComparison.Ordinal));

    private static StreamRecords Batch(int from, int count, int idFrom = 0) => SmallPipeline.Batch(
        "x",
        SmallPipeline.StartUs + SmallPipeline.SecondUs,
        Enumerable.Range(0, count).Select(i => new Event(from + i, $"id{idFrom + i}", "k", SmallPipeline.StartUs + (i * 1000)))).Records;

    private static IEnumerable<StreamRecord> Broken(int sequence) =>
        [new(SequenceNumber.From((UInt128)(uint)sequence), Encoding.UTF8.GetBytes("secret"), SmallPipeline.StartUs + SmallPipeline.SecondUs)];

    private static StreamRecords Late(int sequence) => SmallPipeline.Batch(
        "x", SmallPipeline.StartUs + SmallPipeline.SecondUs, new Event(sequence, "late", "k", SmallPipeline.StartUs - SmallPipeline.SecondUs)).Records;

    /// <summary>What the instruments say of one stream.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly MeterListener _meters = new();
        private readonly ActivityListener _activities;
        private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)> _values = [];

        public Listener(string stream)
        {
            _meters.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == StreamInstruments.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            void Take(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
            {
                var all = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
                if ((string?)all[StreamInstruments.StreamTag] == stream)
                {
                    _values.Enqueue((name, value, all));
                }
            }

            _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument.Name, value, tags));
            _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument.Name, value, tags));
            _meters.Start();
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == StreamInstruments.Name,
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = span =>
                {
                    if ((string?)span.GetTagItem(StreamInstruments.StreamTag) == stream)
                    {
                        Spans.Enqueue(span);
                    }
                },
            };
            ActivitySource.AddActivityListener(_activities);
        }

        public ConcurrentQueue<Activity> Spans { get; } = [];

        public IReadOnlyList<(string Name, double Value, Dictionary<string, object?> Tags)> Of(string name) => [.. _values.Where(value => value.Name == name)];

        public long Sum(string name) => (long)Of(name).Sum(value => value.Value);

        public void Dispose()
        {
            _meters.Dispose();
            _activities.Dispose();
        }
    }
}
