using StreamPipeline.Simulation.Tests.Running;
using StreamPipeline.Simulation.Tests.Source;

namespace StreamPipeline.Simulation.Tests.Oracle;

/// <summary>The windows of all shards: every event that was on time for a window, added up.</summary>
internal sealed class WindowOracle
{
    public const string ByGroup = "by_group", Overall = "overall";

    private const long FiveMinutesUs = 5 * TinyPipeline.MinuteUs;

    private readonly Dictionary<(string Metric, long StartUs, string? Group), (long Events, long Total, long Top)> _windows = [];

    public IEnumerable<GoldRow> Rows() => _windows.Select(window => new GoldRow(
        window.Key.Metric,
        window.Key.StartUs,
        window.Key.StartUs + (window.Key.Metric == ByGroup ? FiveMinutesUs : 2 * FiveMinutesUs),
        window.Key.Group,
        window.Value.Events,
        window.Value.Total,
        window.Key.Metric == ByGroup ? window.Value.Top : null));

    /// <summary>Whether it was late for a window of each metric.</summary>
    public (bool ByGroup, bool Overall) Add(SourceEvent item, long watermarkUs)
    {
        var start = item.TimeUs / FiveMinutesUs * FiveMinutesUs;
        var lateByGroup = !Add(ByGroup, start, FiveMinutesUs, item, item.Group, watermarkUs);
        var lateOverall = !Add(Overall, start, 2 * FiveMinutesUs, item, null, watermarkUs)
            | !Add(Overall, start - FiveMinutesUs, 2 * FiveMinutesUs, item, null, watermarkUs);
        return (lateByGroup, lateOverall);
    }

    private bool Add(string metric, long startUs, long sizeUs, SourceEvent item, string? group, long watermarkUs)
    {
        if (startUs + sizeUs + TinyPipeline.LatenessUs <= watermarkUs)
        {
            return false;
        }

        var key = (metric, startUs, group);
        var (events, total, top) = _windows.GetValueOrDefault(key, (0, 0, long.MinValue));
        _windows[key] = (events + 1, total + item.Amount, Math.Max(top, item.Amount));
        return true;
    }
}
