using System.Buffers;
using System.Text.Json;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Lambda.Runtime;

namespace StreamPipeline.Lambda.Functions;

/// <summary>
/// A step of a schedule that changes the lake. The event's content does not matter. It may be invoked twice, or while another one runs: the commits of tables and heads
/// decide. It stops before its deadline; what is committed stays, and the next invocation goes on. The answer says what was done:
/// <c>{"function":…,"complete":…,…}</c>, complete being false when the time was up.
/// </summary>
internal abstract class MaintenanceFunction(string name, Deployment deployment) : IFunction
{
    protected Deployment Deployment => deployment;

    protected StreamTables Tables { get; } = new(deployment.Pipeline, deployment.State, deployment.Objects, deployment.Attempts);

    public async ValueTask Handle(Invocation invocation, IBufferWriter<byte> response, CancellationToken cancellation)
    {
        IReadOnlyList<(string Name, long Value)> done = [];
        var isComplete = true;
        try
        {
            done = await Run(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            isComplete = false;
            deployment.Log.StoppedBeforeDeadline(name);
        }

        using var json = new Utf8JsonWriter(response);
        json.WriteStartObject();
        json.WriteString("function"u8, name);
        json.WriteString("stream"u8, deployment.Pipeline.Settings.Stream);
        json.WriteBoolean("complete"u8, isComplete);
        foreach (var (count, value) in done)
        {
            json.WriteNumber(count, value);
        }

        json.WriteEndObject();
    }

    protected abstract Task<IReadOnlyList<(string Name, long Value)>> Run(CancellationToken cancellation);
}

/// <summary>Turns the staged rows of committed batches into table files.</summary>
internal sealed class FoldFunction(Deployment deployment) : MaintenanceFunction(Compose.Fold, deployment)
{
    protected override async Task<IReadOnlyList<(string Name, long Value)>> Run(CancellationToken cancellation)
    {
        await Tables.Open(cancellation);
        var counts = await Tables.FoldCommitted(cancellation);
        await Tables.Make(cancellation);
        return [("batches", counts.Batches), ("silverRows", counts.SilverRows), ("quarantineRows", counts.QuarantineRows), ("versions", counts.Versions)];
    }
}

/// <summary>Rolls closed windows into gold and seals idle shards, so that they do not hold windows open.</summary>
internal sealed class RollFunction(Deployment deployment) : MaintenanceFunction(Compose.Roll, deployment)
{
    protected override async Task<IReadOnlyList<(string Name, long Value)>> Run(CancellationToken cancellation)
    {
        await Tables.Open(cancellation);
        var roll = new Roll(Deployment.Pipeline, Deployment.State, Tables.Gold, Tables.Catalog, Deployment.Attempts);

        // Consumers are always there on Lambda: a shard that makes no commits has no records.
        var report = await roll.Run(closeAll: false, new SealClock(Deployment.NowUs(), long.MinValue), cancellation);
        return [("windows", report.Windows), ("rows", report.Rows), ("overflowedSums", report.OverflowedSums), ("sealedShards", report.Sealed)];
    }
}

/// <summary>Removes what failed attempts left behind.</summary>
internal sealed class VacuumFunction(Deployment deployment) : MaintenanceFunction(Compose.Vacuum, deployment)
{
    protected override async Task<IReadOnlyList<(string Name, long Value)>> Run(CancellationToken cancellation)
    {
        var vacuum = new Vacuum(Deployment.Pipeline, Deployment.State, Deployment.Objects, Tables.Catalog, Deployment.Attempts);
        var report = await vacuum.Run(Deployment.NowUs(), Vacuum.GraceDefault, dryRun: false, cancellation);
        return
        [
            ("stagedObjects", report.StagedObjects), ("tableObjects", report.TableObjects), ("bytes", report.Bytes), ("seenSegments", report.SeenSegments),
            ("paneItems", report.PaneItems), ("fencedShards", report.Fenced), ("kept", report.Kept),
        ];
    }
}
