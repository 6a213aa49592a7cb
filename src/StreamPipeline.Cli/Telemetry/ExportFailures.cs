using System.Diagnostics.Tracing;

namespace StreamPipeline.Cli.Telemetry;

/// <summary>What the OTLP exporter could not send. It tells nobody but this event source.</summary>
internal sealed class ExportFailures : EventListener
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    private const int TextMax = 200;

    private string? _last;

    /// <summary>The last failure, one short line; null when there was none.</summary>
    public string? Last => Volatile.Read(ref _last);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Exporter)
        {
            // What it would try again later, if the command went on, is a warning.
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The last text of an event is its cause, an exception with its stack trace: only the first line is for people.
        var text = eventData.Payload?.OfType<string>().LastOrDefault() ?? eventData.EventName ?? "unknown";
        var line = text.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        Volatile.Write(ref _last, line.Length > TextMax ? string.Concat(line[..TextMax], "…") : line.ToString());
    }
}
