namespace StreamPipeline.Core.Windows;

/// <summary>Stored panes belong to a metric that pipeline.yaml no longer has in that form: a configuration error.</summary>
public sealed class MetricChangedException(string message) : Exception(message);
