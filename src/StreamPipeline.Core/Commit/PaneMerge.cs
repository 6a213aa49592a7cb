using System.Runtime.CompilerServices;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Commit;

/// <summary>Merges pane layers window by window, so that what is in memory is a part of each, and the windows that are being merged.</summary>
internal static class PaneMerge
{
    /// <summary>
    /// The merge, in layers of whole windows: no window is in two of them, and they come in the order of their windows. Below <c>bound</c>, the least of the last windows read
    /// from streams that go on, every window is complete in memory.
    /// </summary>
    /// <param name="metrics">Those of the layers.</param>
    /// <param name="streams">Read to their ends.</param>
    /// <param name="groups">A layer is handed over when it has as many, or when there are no more.</param>
    /// <param name="cancellation">Between two reads.</param>
    /// <exception cref="LayerGoneException">One has been merged into another meanwhile.</exception>
    public static async IAsyncEnumerable<PaneLayer> Run(
        MetricSet metrics, IReadOnlyList<PaneStream> streams, long groups, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var ready = new List<PaneLayer>();
        while (true)
        {
            foreach (var stream in streams)
            {
                while (stream.HasMore && stream.Pending.GroupCount == 0)
                {
                    await stream.ReadPart(cancellation);
                }
            }

            var going = streams.Where(stream => stream.HasMore).ToList();
            var boundUs = going.Count == 0 ? long.MaxValue : going.Min(stream => stream.LastWindowUs);
            var taken = streams.Select(stream => stream.TakeBefore(boundUs)).Where(layer => layer.GroupCount > 0).ToList();
            ready.AddRange(taken);
            if (ready.Count > 0 && (going.Count == 0 || ready.Sum(layer => layer.GroupCount) >= groups))
            {
                yield return PaneLayer.Merge([metrics.Empty, .. ready]);
                ready = [];
            }

            if (going.Count == 0)
            {
                yield break;
            }

            if (taken.Count == 0)
            {
                // One window reaches beyond a part: read on where it does.
                await going.First(stream => stream.LastWindowUs == boundUs).ReadPart(cancellation);
            }
        }
    }
}
