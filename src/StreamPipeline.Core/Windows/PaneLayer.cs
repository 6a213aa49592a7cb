using System.Runtime.InteropServices;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Core.Windows;

/// <summary>A window of a layer.</summary>
/// <param name="Metric">Index in <see cref="MetricSet.Metrics"/>.</param>
/// <param name="StartUs">Microseconds since the epoch.</param>
/// <param name="Groups">Groups that the layer holds of it.</param>
public readonly record struct PaneWindow(int Metric, long StartUs, int Groups);

/// <summary>
/// Contributions to windows: for each (metric, window start, group key) the states of the aggregates. Immutable. Merging is associative
/// and commutative, exactly: any grouping of the same records into layers merges into the same layer, to the byte.
/// </summary>
public sealed class PaneLayer
{
    /// <summary>Largest encoded part: one item of the state table.</summary>
    public const int PartBytesMax = IStateStore.BodyBytesMax;

    private readonly PaneTable[] _tables;

    internal PaneLayer(MetricSet metrics, PaneTable[] tables)
    {
        Metrics = metrics;
        _tables = tables;
        foreach (var table in tables)
        {
            GroupCount += table.Count;
        }
    }

    /// <summary>The metrics it belongs to.</summary>
    public MetricSet Metrics { get; }

    /// <summary>Groups over all metrics and windows.</summary>
    public long GroupCount { get; }

    /// <summary>The windows it holds groups of, by start and then metric.</summary>
    public IReadOnlyList<PaneWindow> Windows()
    {
        var windows = new List<PaneWindow>();
        for (var metric = 0; metric < _tables.Length; metric++)
        {
            var groups = new Dictionary<long, int>();
            for (var slot = 0; slot < _tables[metric].Count; slot++)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(groups, _tables[metric].WindowStart(slot), out _)++;
            }

            windows.AddRange(groups.Select(window => new PaneWindow(metric, window.Key, window.Value)));
        }

        return [.. windows.OrderBy(window => window.StartUs).ThenBy(window => window.Metric)];
    }

    /// <summary>All contributions of all layers.</summary>
    /// <param name="layers">At least one; all of the same <see cref="MetricSet"/>.</param>
    /// <exception cref="ArgumentException">No layer, or layers of different sets of metrics.</exception>
    public static PaneLayer Merge(IReadOnlyList<PaneLayer> layers)
    {
        if (layers.Count == 0)
        {
            throw new ArgumentException("there is no layer to merge; use MetricSet.Empty", nameof(layers));
        }

        var metrics = layers[0].Metrics;
        foreach (var layer in layers)
        {
            if (layer.Metrics != metrics)
            {
                throw new ArgumentException("the layers belong to different sets of metrics", nameof(layers));
            }
        }

        return layers.Count == 1 ? layers[0] : Build(layers, drop: null);
    }

    /// <summary>The layer without the windows that <paramref name="drop"/> picks.</summary>
    /// <param name="drop">Takes the metric's index and the window's start in microseconds since the epoch.</param>
    public PaneLayer Without(Func<int, long, bool> drop) => Build([this], drop);

    /// <summary>
    /// The layer as self-contained parts, each holding whole groups, in order of window start, metric and group key. Equal layers give equal bytes.
    /// An empty layer gives no part.
    /// </summary>
    /// <param name="partBytesMax">Largest part. Any group fits <see cref="PartBytesMax"/>; a smaller limit may be too small for one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A group does not fit.</exception>
    public IReadOnlyList<byte[]> Encode(int partBytesMax = PartBytesMax) => new PaneLayerCodec(this, partBytesMax).Encode();

    internal PaneTable Table(int metric) => _tables[metric];

    private static PaneLayer Build(IReadOnlyList<PaneLayer> layers, Func<int, long, bool>? drop)
    {
        var tables = new PaneTable[layers[0]._tables.Length];
        for (var i = 0; i < tables.Length; i++)
        {
            var metric = i;
            tables[i] = new PaneTable(layers[0]._tables[i].Metric);
            foreach (var layer in layers)
            {
                tables[i].Merge(layer._tables[i], drop is null ? null : start => !drop(metric, start));
            }
        }

        return new PaneLayer(layers[0].Metrics, tables);
    }
}
