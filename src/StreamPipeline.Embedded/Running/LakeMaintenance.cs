using System.Threading.Channels;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// Makes committed batches visible while a run goes on: folds staged rows into tables and rolls closed windows into gold. One loop
/// does all of it, woken by commits.
/// </summary>
internal sealed class LakeMaintenance
{
    /// <summary>Staged bytes (compressed) that are worth a fold.</summary>
    private const long FoldBytes = 24 << 20;

    /// <summary>Arrow bytes that a fold holds: its peak memory is about three times this.</summary>
    private const long FoldArrowBytes = 32 << 20;

    /// <summary>Commits that are worth a roll: without one, pane layers pile up.</summary>
    private const int RollCommits = 32;

    private readonly Pipeline _pipeline;
    private readonly StreamCatalog _catalog;
    private readonly CommittedBatches _batches;
    private readonly LakeTable _silver;
    private readonly LakeTable _quarantine;
    private readonly Dictionary<string, GoldTable> _gold;
    private readonly Fold _fold;
    private readonly Roll _roll;

    // Lanes write, the loop reads: one waiting signal is as good as many.
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _stagedBytes;
    private int _commits;

    public LakeMaintenance(Pipeline pipeline, OpenLake lake)
    {
        var stream = pipeline.Settings.Stream;
        _pipeline = pipeline;
        _catalog = new StreamCatalog(lake.State, stream, lake.Attempts);
        _batches = new CommittedBatches(lake.State, stream);
        _silver = new LakeTable(lake.Objects, $"silver/{stream}");
        _quarantine = new LakeTable(lake.Objects, $"quarantine/{stream}");
        _gold = pipeline.Metrics.Metrics.ToDictionary(
            metric => metric.Name,
            metric => new GoldTable(lake.Objects, new LakeTable(lake.Objects, $"gold/{metric.Name}"), lake.Attempts),
            StringComparer.Ordinal);
        _fold = new Fold(lake.Objects, _silver, _quarantine, lake.Attempts, FoldArrowBytes);
        _roll = new Roll(pipeline, lake.State, _gold, _catalog, lake.Attempts);
    }

    /// <summary>Sums that were beyond their column's type, so far.</summary>
    public long OverflowedSums { get; private set; }

    /// <summary>
    /// Finishes what a killed process left between a commit of a table and its last step, and makes the tables that are new, so that they can
    /// be queried before they have rows.
    /// </summary>
    /// <exception cref="LakeException">The pipeline gives a column of a table another type.</exception>
    public async Task Open(CancellationToken cancellation)
    {
        await Open(_silver, _pipeline.Silver.Schema, cancellation);
        await Open(_quarantine, QuarantineTable.Schema, cancellation);
        foreach (var metric in _pipeline.Metrics.Metrics)
        {
            await Open(_gold[metric.Name].Table, metric.GoldSchema, cancellation);
        }
    }

    /// <summary>Takes note of a commit; called by the lanes.</summary>
    public void Committed(in BatchReport report)
    {
        if (report.Batch is not { } batch)
        {
            return;
        }

        var staged = Interlocked.Add(ref _stagedBytes, (batch.Silver?.Bytes ?? 0) + (batch.Quarantine?.Bytes ?? 0));
        if (staged >= FoldBytes || Interlocked.Increment(ref _commits) % RollCommits == 0)
        {
            _due.Writer.TryWrite(true);
        }
    }

    /// <summary>Runs until cancelled. A failure here ends the loop and shows when the run finishes.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        try
        {
            await foreach (var _ in _due.Reader.ReadAllAsync(cancellation))
            {
                if (Interlocked.Read(ref _stagedBytes) >= FoldBytes)
                {
                    await Fold(cancellation);
                }

                await Roll(closeWindows: false, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The run has come to its end and finishes the rest itself.
        }
    }

    /// <summary>Folds and rolls all that is committed.</summary>
    public async Task Finish(bool closeWindows, CancellationToken cancellation)
    {
        await Fold(cancellation);
        await Roll(closeWindows, cancellation);
    }

    private static async Task Open(LakeTable table, Apache.Arrow.Schema schema, CancellationToken cancellation)
    {
        var snapshot = await table.Open(cancellation);
        if (snapshot.Schema is null)
        {
            // Lost to another process: that one has made it.
            await table.Commit(snapshot, new TableChange { Schema = schema }, cancellation);
        }
        else if (TableSchema.Conflict(table.Path, snapshot.Schema, schema) is { } conflict)
        {
            throw new LakeException(conflict);
        }
    }

    private async Task Fold(CancellationToken cancellation)
    {
        Interlocked.Exchange(ref _stagedBytes, 0);
        var folded = (await _silver.Load(cancellation)).Folded;
        await _fold.Run(_batches.Unfolded(await _catalog.Shards(cancellation), folded, cancellation), cancellation);
    }

    private async Task Roll(bool closeWindows, CancellationToken cancellation) =>
        OverflowedSums += (await _roll.Run(closeWindows, nowUs: null, cancellation)).OverflowedSums;
}
