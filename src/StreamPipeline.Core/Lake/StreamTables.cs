using Apache.Arrow;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Core.Lake;

/// <summary>The tables of one stream of a lake, and what writes them: the same wherever the stores are.</summary>
public sealed class StreamTables
{
    /// <summary>Arrow bytes that a fold holds: its peak memory is about three times this.</summary>
    private const long FoldArrowBytes = 12 << 20;

    private readonly Pipeline _pipeline;

    public StreamTables(Pipeline pipeline, IStateStore state, IObjectStore objects, IAttemptIds attempts)
    {
        _pipeline = pipeline;
        var stream = pipeline.Settings.Stream;
        Catalog = new StreamCatalog(state, stream, attempts);
        Batches = new CommittedBatches(state, stream);
        Silver = new LakeTable(objects, $"silver/{stream}", pipeline.Silver.Schema);
        Quarantine = new LakeTable(objects, $"quarantine/{stream}", QuarantineTable.Schema);
        Gold = pipeline.Metrics.Metrics.ToDictionary(
            metric => metric.Name,
            metric => new GoldTable(objects, new LakeTable(objects, $"gold/{metric.Name}", metric.GoldSchema), attempts),
            StringComparer.Ordinal);
        Fold = new Fold(objects, Silver, Quarantine, attempts, FoldArrowBytes);
    }

    public StreamCatalog Catalog { get; }

    public CommittedBatches Batches { get; }

    public LakeTable Silver { get; }

    public LakeTable Quarantine { get; }

    /// <summary>By metric.</summary>
    public IReadOnlyDictionary<string, GoldTable> Gold { get; }

    public Fold Fold { get; }

    /// <summary>Finishes what a killed process left between a commit of a table and its last step, and refuses a state that is not the lake's.</summary>
    /// <exception cref="TableConflictException">The pipeline gives a column of a table another type.</exception>
    /// <exception cref="StateBehindException">A table holds batches that the state does not know.</exception>
    public async Task Open(CancellationToken cancellation)
    {
        var silver = await Open(Silver, _pipeline.Silver.Schema, cancellation);
        var quarantine = await Open(Quarantine, QuarantineTable.Schema, cancellation);
        await Batches.RefuseIfBehind(Silver.Path, silver.Folded, cancellation);

        // It is folded first: what it has beyond silver is all that is left to look at.
        var ahead = quarantine.Folded.Where(shard => shard.Value > silver.Folded.GetValueOrDefault(shard.Key)).ToDictionary(StringComparer.Ordinal);
        await Batches.RefuseIfBehind(Quarantine.Path, ahead, cancellation);
        foreach (var metric in _pipeline.Metrics.Metrics)
        {
            await Open(Gold[metric.Name].Table, metric.GoldSchema, cancellation);
        }
    }

    /// <summary>
    /// Makes the tables that are new, so that they can be queried before they have rows. Not before a fold or a roll that has some to put into them: a version
    /// less, of each, is a third of what it takes to run a small input into a new lake.
    /// </summary>
    public async Task Make(CancellationToken cancellation)
    {
        await Silver.MakeIfAbsent(cancellation);
        await Quarantine.MakeIfAbsent(cancellation);
        foreach (var gold in Gold.Values)
        {
            await gold.Table.MakeIfAbsent(cancellation);
        }
    }

    /// <summary>Folds all that is committed and not folded yet.</summary>
    /// <exception cref="InvalidDataException">A staged file is missing or damaged.</exception>
    /// <exception cref="IOException">Other committers won too many times in a row, or the lake cannot be written.</exception>
    /// <exception cref="StateBehindException">Silver holds batches that the state does not know.</exception>
    public async Task<FoldCounts> FoldCommitted(CancellationToken cancellation)
    {
        var folded = (await Silver.Load(cancellation)).Folded;
        return await Fold.Run(Batches.Unfolded(await Catalog.Shards(cancellation), folded, cancellation), cancellation);
    }

    private static async Task<TableSnapshot> Open(LakeTable table, Schema schema, CancellationToken cancellation)
    {
        var snapshot = await table.Open(cancellation);
        if (snapshot.Schema is { } columns && TableSchema.Conflict(table.Path, columns, schema) is { } conflict)
        {
            throw new TableConflictException(conflict);
        }

        return snapshot;
    }
}

/// <summary>A pipeline gives a column of a table another type than its files have; the message says which, and what to do.</summary>
public sealed class TableConflictException(string message) : Exception(message);
