using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Embedded.Telemetry;

namespace StreamPipeline.Embedded.Running;

/// <param name="Lake">What was removed from the lake and its state.</param>
/// <param name="TemporaryFiles">Half-written files of processes that died.</param>
/// <param name="Spools">Copies of standard input that dead runs left.</param>
public readonly record struct LakeVacuumReport(VacuumReport Lake, int TemporaryFiles, int Spools);

/// <summary>The vacuum of a lake on disk: what <see cref="Vacuum"/> removes, and the files that only a folder has.</summary>
/// <param name="pipeline">The stream's.</param>
/// <param name="lake">The lake.</param>
/// <param name="time">Ages and pauses.</param>
/// <param name="warn">Told of a failure that <see cref="Repeat"/> goes on after; null: nobody is.</param>
public sealed class LakeVacuum(Pipeline pipeline, OpenLake lake, TimeProvider time, Action<string>? warn = null)
{
    /// <summary>How often a run that goes on and on does it.</summary>
    private static readonly TimeSpan _interval = TimeSpan.FromHours(1);

    // A temporary file lives for one write, whatever the grace period.
    private static readonly TimeSpan _temporaryGraceMin = TimeSpan.FromHours(1);

    private readonly Vacuum _vacuum = new(
        pipeline, lake.State, lake.Objects, new StreamCatalog(lake.State, pipeline.Settings.Stream, lake.Attempts), lake.Attempts);

    /// <summary>
    /// Runs once an hour until cancelled, beside everything else: nothing that is alive can be in its way. A failure that may pass is told and left to the next hour;
    /// any other one ends it.
    /// </summary>
    public async Task Repeat(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_interval, time, cancellation);
                await RunOrWarn(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The run has come to its end.
        }
    }

    private async Task RunOrWarn(CancellationToken cancellation)
    {
        try
        {
            await Run(Vacuum.GraceDefault, dryRun: false, cancellation);
        }
        catch (Exception error) when (PassingFailure.Is(error))
        {
            cancellation.ThrowIfCancellationRequested();
            warn?.Invoke($"vacuum of stream {pipeline.Settings.Stream} failed, and is tried again in {_interval.TotalMinutes:0} minutes; all else goes on: {error.Message}");
        }
    }

    /// <summary>What a run does when it ends.</summary>
    /// <param name="cancellation">What was deleted stays deleted.</param>
    public Task<LakeVacuumReport> AfterRun(CancellationToken cancellation)
    {
        // To find temporary files is to look into every folder of the lake; in one that was made just now there are none of processes that died long ago.
        var isSearched = lake.Folder is not { } folder || folder.MadeAt < time.GetUtcNow() - Vacuum.GraceDefault;
        return Run(Vacuum.GraceDefault, dryRun: false, isSearched, cancellation);
    }

    /// <param name="grace">Files younger than this stay. Not negative.</param>
    /// <param name="dryRun">Only count.</param>
    /// <param name="cancellation">What was deleted stays deleted.</param>
    public Task<LakeVacuumReport> Run(TimeSpan grace, bool dryRun, CancellationToken cancellation) => Run(grace, dryRun, isSearched: true, cancellation);

    private async Task<LakeVacuumReport> Run(TimeSpan grace, bool dryRun, bool isSearched, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var report = await MaintenanceSpan.Of(
            "vacuum",
            pipeline.Settings.Stream,
            () => _vacuum.Run(Microseconds(now), grace, dryRun, cancellation),
            static removed => [("objects", removed.StagedObjects + removed.TableObjects), ("bytes", removed.Bytes), ("items", removed.SeenSegments + removed.PaneItems + removed.Claims), ("kept", removed.Kept)]);
        var before = now - (grace > _temporaryGraceMin ? grace : _temporaryGraceMin);
        var temporary = isSearched && lake.Objects is FolderObjectStore objects ? objects.RemoveLeftovers(Microseconds(before), dryRun) : 0;
        return new LakeVacuumReport(report, temporary, StandardInputSpool.RemoveLeftovers(lake.SpoolFolder, now - grace, dryRun));
    }

    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
