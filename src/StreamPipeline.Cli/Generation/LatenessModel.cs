using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Cli.Generation;

/// <summary>
/// Tells which generated events are late on one shard: late for a window when window end + allowed lateness ≤ watermark, the watermark
/// being the greatest event time before it.
/// </summary>
internal sealed class LatenessModel
{
    private const long MinuteUs = 60_000_000;

    private readonly (long SizeUs, long EveryUs)[] _windows;
    private readonly long _latenessUs;
    private long _watermarkUs = long.MinValue;

    public LatenessModel(PipelineSettings? settings)
    {
        _windows = [.. (settings?.Metrics ?? []).Select(metric => (metric.Size.Ticks / 10, metric.Every.Ticks / 10))];
        _latenessUs = (settings?.EventTime.AllowedLateness.Ticks ?? TimeSpan.TicksPerHour) / 10;
        // Within the allowed lateness, so that disorder alone makes nothing late.
        DisorderUs = Math.Min(3 * MinuteUs, _latenessUs);
        var shortest = _windows.Length == 0 ? 60 * MinuteUs : _windows.Min(window => window.SizeUs);
        BehindUs = _latenessUs + shortest + MinuteUs;
    }

    /// <summary>How far behind the newest event an ordinary one may be.</summary>
    public long DisorderUs { get; }

    /// <summary>An event this far behind the newest is late for a window.</summary>
    public long BehindUs { get; }

    /// <summary>Judges the next event and moves the watermark.</summary>
    public bool Next(long eventTimeUs)
    {
        var isLate = false;
        foreach (var (size, every) in _windows)
        {
            // The first window that holds the event is the first to close.
            var start = (FloorDiv(eventTimeUs - size, every) + 1) * every;
            isLate |= _watermarkUs != long.MinValue && start + size + _latenessUs <= _watermarkUs;
        }

        _watermarkUs = Math.Max(_watermarkUs, eventTimeUs);
        return isLate;
    }

    private static long FloorDiv(long value, long by) => (value / by) - (value % by < 0 ? 1 : 0);
}
