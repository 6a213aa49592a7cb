using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Commit;

/// <summary>
/// One committed pane layer, read part by part in window order, so that who merges it holds little of it at a time.
/// </summary>
/// <param name="metrics">Those of the layer.</param>
/// <param name="state">Where it is.</param>
/// <param name="pk">The shard's.</param>
/// <param name="layer">Its name and parts.</param>
/// <param name="drop">Which windows are not wanted, by metric and start.</param>
/// <param name="pending">What of it is in memory, before its parts; null: nothing.</param>
internal sealed class PaneStream(MetricSet metrics, IStateStore state, string pk, PaneLayerRef layer, Func<int, long, bool> drop, PaneLayer? pending = null)
{
    private int _nextPart;

    /// <summary>What is read and not yet taken, without the windows that are not wanted.</summary>
    public PaneLayer Pending { get; private set; } = pending ?? metrics.Empty;

    public bool HasMore => _nextPart < layer.Parts;

    /// <summary>Start of the last window read: its groups may go on in the next part.</summary>
    public long LastWindowUs { get; private set; } = long.MinValue;

    /// <exception cref="LayerGoneException">The consumer has merged the layer into another since the head was read.</exception>
    public async ValueTask ReadPart(CancellationToken cancellation)
    {
        var sk = StateKeys.Panes(layer.Attempt, _nextPart);
        var item = await state.Read(pk, sk, cancellation) ?? throw new LayerGoneException($"{pk} / {sk}");
        _nextPart++;
        var part = metrics.Decode([item.Body.ToArray()]);
        var windows = part.Windows();
        LastWindowUs = windows.Count == 0 ? LastWindowUs : windows[^1].StartUs;
        Pending = PaneLayer.Merge([Pending, part.Without(drop)]);
    }

    /// <summary>Takes the windows that start before the bound.</summary>
    public PaneLayer TakeBefore(long boundUs)
    {
        var taken = Pending.Without((_, startUs) => startUs >= boundUs);
        Pending = Pending.Without((_, startUs) => startUs < boundUs);
        return taken;
    }
}

/// <summary>A pane layer that a head named is no longer there: read the head again.</summary>
internal sealed class LayerGoneException(string item) : Exception($"{item}: the pane layer is gone")
{
    public string Item => item;
}
