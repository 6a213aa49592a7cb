using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace StreamPipeline.Embedded.Telemetry;

/// <summary>
/// The meter and the activity source of the embedded runner, both named <see cref="Name"/>. Without a listener an instrument costs a test of a flag a batch.
/// Names and units follow OpenTelemetry's conventions (https://opentelemetry.io/docs/specs/semconv/general/metrics/); times are seconds. Nothing here carries
/// a record's content or key.
/// </summary>
public static class StreamInstruments
{
    public const string Name = "StreamPipeline";

    public const string StreamTag = "stream";
    public const string ShardTag = "shard";
    public const string ReasonTag = "reason";
    public const string StageTag = "stage";
    public const string WorkTag = "work";

    internal static readonly ActivitySource Source = new(Name);

    private static readonly Meter _meter = new(Name);

    // A batch takes milliseconds; a consumer that is behind lags by hours.
    private static readonly InstrumentAdvice<double> _durations = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };
    private static readonly InstrumentAdvice<double> _lags = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400] };

    internal static readonly Counter<long> Records = _meter.CreateCounter<long>("streampipeline.records", "{record}", "Events committed: silver + duplicates + quarantined");
    internal static readonly Counter<long> Silver = _meter.CreateCounter<long>("streampipeline.silver", "{record}", "Events committed to silver");
    internal static readonly Counter<long> Duplicates = _meter.CreateCounter<long>("streampipeline.duplicates", "{record}", "Events whose key was seen before");
    internal static readonly Counter<long> Quarantined = _meter.CreateCounter<long>("streampipeline.quarantined", "{record}", "Events quarantined, by reason");
    internal static readonly Counter<long> Late = _meter.CreateCounter<long>("streampipeline.late", "{record}", "Silver events that came after a window of theirs had closed");
    internal static readonly Counter<long> Replayed = _meter.CreateCounter<long>("streampipeline.replayed", "{record}", "Events that an earlier commit holds already");
    internal static readonly Counter<long> Batches = _meter.CreateCounter<long>("streampipeline.batches", "{batch}", "Commits");
    internal static readonly Counter<long> Bytes = _meter.CreateCounter<long>("streampipeline.bytes", "By", "Record data of batches that were answered, replays included");
    internal static readonly Counter<long> MaintenanceFailures = _meter.CreateCounter<long>("streampipeline.maintenance.failures", "{failure}", "Folds, rolls and vacuums that failed, by which");

    internal static readonly Histogram<double> BatchDuration = _meter.CreateHistogram("streampipeline.batch.duration", "s", "From the start of a batch to its answer", advice: _durations);
    internal static readonly Histogram<double> StageDuration = _meter.CreateHistogram("streampipeline.batch.stage.duration", "s", "Time of a batch in one stage, over its attempts", advice: _durations);
    internal static readonly Histogram<double> Lag = _meter.CreateHistogram("streampipeline.lag", "s", "Age of the batch's last record by arrival time when it is committed", advice: _lags);

    internal static readonly Gauge<double> Score = _meter.CreateGauge<double>("streampipeline.score", "1", "Rules passed / rules of the shard's last judged batch");
    internal static readonly Gauge<double> WatermarkAge = _meter.CreateGauge<double>("streampipeline.watermark.age", "s", "Age of the shard's watermark at its last commit");
}
