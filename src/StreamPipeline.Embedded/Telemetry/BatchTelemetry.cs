using System.Diagnostics;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Telemetry;

/// <summary>
/// Measures the batches of one shard: a span each, and the counts that the run's report sums up. Owner: the shard's lane; not thread-safe.
/// </summary>
/// <param name="stream">Stream name.</param>
/// <param name="shard">Shard id.</param>
/// <param name="time">For durations and ages.</param>
/// <param name="times">The consumer's stage times; null when it runs in another process.</param>
internal sealed class BatchTelemetry(string stream, string shard, TimeProvider time, StageTimes? times)
{
    private static readonly BatchStage[] _stages = Enum.GetValues<BatchStage>();

    private readonly KeyValuePair<string, object?> _stream = new(StreamInstruments.StreamTag, stream);
    private readonly KeyValuePair<string, object?> _shard = new(StreamInstruments.ShardTag, shard);

    /// <summary>Commits a batch and measures it.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="commit">Commits it.</param>
    /// <param name="reportOf">What became of it.</param>
    /// <param name="head">The shard's head after it; null when it is not known here.</param>
    /// <param name="cancellation">Handed on.</param>
    public async ValueTask<T> Observe<T>(
        MicroBatch batch, Func<MicroBatch, CancellationToken, ValueTask<T>> commit, Func<T, BatchReport> reportOf, Func<ShardHead?> head, CancellationToken cancellation)
    {
        using var span = StreamInstruments.Source.StartActivity("batch", ActivityKind.Consumer);
        span?.SetTag(StreamInstruments.StreamTag, stream).SetTag(StreamInstruments.ShardTag, shard);
        times?.Clear();
        var started = time.GetTimestamp();
        T answer;
        try
        {
            answer = await commit(batch, cancellation);
        }
        catch (Exception error)
        {
            // Its type only: a message may quote what was being read.
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", error.GetType().FullName);
            throw;
        }

        var report = reportOf(answer);
        Measure(batch, report, head(), time.GetElapsedTime(started));
        Describe(span, report);
        return answer;
    }

    private void Measure(MicroBatch batch, in BatchReport report, ShardHead? head, TimeSpan duration)
    {
        Count(report);
        if (StreamInstruments.Bytes.Enabled)
        {
            StreamInstruments.Bytes.Add(batch.DataBytes(), _stream, _shard);
        }

        StreamInstruments.BatchDuration.Record(duration.TotalSeconds, _stream, _shard);
        if (times is not null && StreamInstruments.StageDuration.Enabled)
        {
            foreach (var stage in _stages)
            {
                StreamInstruments.StageDuration.Record(times.MillisecondsOf(stage) / 1000, _stream, new(StreamInstruments.StageTag, NameOf(stage)));
            }
        }

        if (report.Batch is not { } committed)
        {
            return;
        }

        if (committed.Score is { } score)
        {
            StreamInstruments.Score.Record(score, _stream, _shard);
        }

        var nowUs = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        StreamInstruments.Lag.Record(Seconds(nowUs, batch.Records[^1].ArrivalTimeUs), _stream, _shard);
        if (head is { WatermarkUs: > long.MinValue })
        {
            StreamInstruments.WatermarkAge.Record(Seconds(nowUs, head.WatermarkUs), _stream, _shard);
        }
    }

    /// <summary>What is 0 is not added, except the records themselves: then the metric is there from the first batch on.</summary>
    private void Count(in BatchReport report)
    {
        StreamInstruments.Records.Add(report.Counts.Records, _stream, _shard);
        Add(StreamInstruments.Silver, report.Counts.Silver);
        Add(StreamInstruments.Duplicates, report.Counts.Duplicates);
        Add(StreamInstruments.Late, report.Counts.Late);
        Add(StreamInstruments.Replayed, report.Replayed);
        if (report.Batch is not { } batch)
        {
            return;
        }

        Add(StreamInstruments.Batches, 1);
        foreach (var (reason, events) in batch.QuarantinedBy)
        {
            // By reason and not by shard as well: a series is kept for every combination.
            StreamInstruments.Quarantined.Add(events, _stream, new(StreamInstruments.ReasonTag, reason));
        }
    }

    private void Add(System.Diagnostics.Metrics.Counter<long> counter, long count)
    {
        if (count > 0)
        {
            counter.Add(count, _stream, _shard);
        }
    }

    private static void Describe(Activity? span, in BatchReport report)
    {
        if (span is not { IsAllDataRequested: true })
        {
            return;
        }

        span.SetTag("records", report.Counts.Records)
            .SetTag("silver", report.Counts.Silver)
            .SetTag("duplicates", report.Counts.Duplicates)
            .SetTag("quarantined", report.Counts.Quarantined)
            .SetTag("late", report.Counts.Late)
            .SetTag("replayed", report.Replayed);
        if (report.Batch is { } batch)
        {
            span.SetTag("generation", batch.Generation).SetTag("score", batch.Score).SetTag("gated", batch.Gated);
        }
    }

    private static double Seconds(long nowUs, long thenUs) => (nowUs - (double)thenUs) / 1_000_000;

    private static string NameOf(BatchStage stage) => stage switch
    {
        BatchStage.Load => "load",
        BatchStage.Decode => "decode",
        BatchStage.Quality => "quality",
        BatchStage.Dedupe => "dedupe",
        BatchStage.Enrich => "enrich",
        BatchStage.Windows => "windows",
        BatchStage.Stage => "stage",
        BatchStage.Bronze => "bronze",
        BatchStage.Commit => "commit",
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, "a stage without a name"),
    };
}
