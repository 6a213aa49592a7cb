using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Telemetry;

namespace StreamPipeline.Embedded.Running;

/// <param name="Lake">What was removed from the lake and its state.</param>
/// <param name="TemporaryFiles">Half-written files of processes that died.</param>
/// <param name="Spools">Copies of standard input that dead runs left.</param>
public readonly record struct LakeVacuumReport(VacuumReport Lake, int TemporaryFiles, int Spools);

/// <summary>The vacuum of a lake on disk: what <see cref="Vacuum"/> removes, and the files that only a folder has.</summary>
public sealed class LakeVacuum(Pipeline pipeline, OpenLake lake, TimeProvider time)
{
    /// <summary>How often a run that goes on and on does it.</summary>
    private static readonly TimeSpan _interval = TimeSpan.FromHours(1);

    // A temporary file lives for one write, whatever the grace period.
    private static readonly TimeSpan _temporaryGraceMin = TimeSpan.FromHours(1);

    private readonly Vacuum _vacuum = new(
        pipeline, lake.State, lake.Objects, new StreamCatalog(lake.State, pipeline.Settings.Stream, lake.Attempts), lake.Attempts);

    /// <summary>Runs once an hour until cancelled, beside everything else: nothing that is alive can be in its way.</summary>
    public async Task Repeat(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_interval, time, cancellation);
                await Run(Vacuum.GraceDefault, dryRun: false, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The run has come to its end.
        }
    }

    /// <param name="grace">Files younger than this stay. Not negative.</param>
    /// <param name="dryRun">Only count.</param>
    /// <param name="cancellation">What was deleted stays deleted.</param>
    public async Task<LakeVacuumReport> Run(TimeSpan grace, bool dryRun, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var report = await MaintenanceSpan.Of(
            "vacuum",
            pipeline.Settings.Stream,
            () => _vacuum.Run(Microseconds(now), grace, dryRun, cancellation),
            static removed => [("objects", removed.StagedObjects + removed.TableObjects), ("bytes", removed.Bytes), ("items", removed.SeenSegments + removed.PaneItems), ("kept", removed.Kept)]);
        return new LakeVacuumReport(report, TemporaryFiles(now - (grace > _temporaryGraceMin ? grace : _temporaryGraceMin), dryRun), StandardInputSpool.RemoveLeftovers(lake.SpoolFolder, now - grace, dryRun));
    }

    /// <summary>To find them is to look into every folder of the lake: not in one that was made since.</summary>
    private int TemporaryFiles(DateTimeOffset before, bool dryRun) =>
        lake.Objects is FolderObjectStore objects && lake.Folder is { } folder && folder.MadeAt < before ? objects.RemoveLeftovers(Microseconds(before), dryRun) : 0;

    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
