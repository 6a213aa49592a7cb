using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Running;

/// <summary>Folds the late records of a day into the gold of a lake on disk.</summary>
public static class LakeReconcile
{
    /// <summary>See <see cref="Reconcile.Run"/>. A run on the same lake may go on meanwhile.</summary>
    public static Task<IReadOnlyList<ReconcileReport>> Run(
        Pipeline pipeline, OpenLake lake, DateOnly day, string? metric, CancellationToken cancellation)
    {
        var tables = new StreamTables(pipeline, lake.State, lake.Objects, lake.Attempts);
        var reconcile = new Reconcile(pipeline, lake.State, lake.Objects, tables.Catalog, tables.Fold, tables.Silver, tables.Gold);
        return reconcile.Run(day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber, metric, cancellation);
    }
}
