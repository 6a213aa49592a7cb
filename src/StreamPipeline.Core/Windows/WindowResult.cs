namespace StreamPipeline.Core.Windows;

/// <summary>What one batch did to the windows of its shard.</summary>
/// <param name="Layer">Its contributions.</param>
/// <param name="WatermarkUs">Greatest event time so far, this batch included; <see cref="long.MinValue"/> before the first event.</param>
/// <param name="LateRecords">Records late for at least one window of at least one metric.</param>
/// <param name="LatePerMetric">Records late for at least one window of that metric, in the order of <see cref="MetricSet.Metrics"/>.</param>
public sealed record WindowResult(PaneLayer Layer, long WatermarkUs, long LateRecords, long[] LatePerMetric);
