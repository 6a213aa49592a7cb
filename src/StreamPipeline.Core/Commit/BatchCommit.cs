using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Commit;

/// <summary>What goes into the transaction of a batch beside its head and its item.</summary>
/// <param name="Redrove">The source events of a redrive, as fingerprints: staged first, named by the batch item.</param>
/// <param name="Writes">Conditional writes that must hold for the batch to count.</param>
internal sealed record CommitCompanion(IReadOnlyList<UInt128> Redrove, IReadOnlyList<StateWrite> Writes)
{
    public static readonly CommitCompanion None = new([], []);
}

/// <summary>
/// One attempt at steps 3 and 4 of the protocol (<see cref="ShardConsumer"/>): process, write what is bulky under names unique to
/// the attempt, swap. Owns nothing between two attempts.
/// </summary>
internal sealed class BatchCommit(
    Pipeline pipeline, string shard, KeyClaims? claims, IStateStore state, IObjectStore objects, IBronze bronze, IAttemptIds attempts, StageTimes? times = null)
{
    private readonly string _stream = pipeline.Settings.Stream;
    private readonly string _pk = StateKeys.ShardPk(pipeline.Settings.Stream, shard);
    private readonly PaneLayers _panes = new(pipeline.Metrics, pipeline.Settings.Stream, StateKeys.ShardPk(pipeline.Settings.Stream, shard), state);

    /// <summary>
    /// Commits the batch, or its beginning when more is compressed in it than is processed at once: the item tells how far it goes. Null when the swap was lost, or could only be lost. The basis' memory is then ahead of the head and must be dropped; otherwise it is
    /// the new head's.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="firstNew">Its first record that is not committed.</param>
    /// <param name="basis">What it builds on.</param>
    /// <param name="desk">Where it is judged, if it is not yet. Owner: the caller.</param>
    /// <param name="companion">What else goes into the transaction.</param>
    /// <param name="cancellation">Stops before the swap.</param>
    public async ValueTask<(ShardHead Head, BatchItem Item)?> Try(
        MicroBatch batch, int firstNew, LoadedShard basis, BatchDesk desk, CommitCompanion companion, CancellationToken cancellation)
    {
        var attempt = attempts.Next();

        // What a redrive names goes into one transaction. Bronze gets what is committed: what is compressed has to be judged first, to know how far that goes.
        var isWhole = companion.Redrove.Count > 0;
        var judged = !bronze.IsBesideProcessing || (!isWhole && desk.MayBeCut(batch, firstNew)) ? desk.Judge(pipeline, batch, firstNew, isWhole) : null;
        try
        {
            var records = new BronzeRecords(_stream, judged?.Batch ?? batch, firstNew, isWhole ? attempt : null);
            if (!bronze.IsBesideProcessing)
            {
                return await Try(records, judged!, basis, companion, attempt, delivery: null, cancellation);
            }

            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var delivery = bronze.Write(records, stop.Token).AsTask();
            try
            {
                judged ??= desk.Judge(pipeline, batch, firstNew, isWhole);
                return await Try(records, judged, basis, companion, attempt, delivery, cancellation);
            }
            finally
            {
                // It reads the records' buffers, which are the caller's again when this returns. After a success it has ended.
                await stop.CancelAsync();
                await ((Task)delivery).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            judged?.Dispose();
        }
    }

    /// <param name="records">The batch, or the part of it that is committed.</param>
    /// <param name="judged">The same.</param>
    /// <param name="basis">What it builds on.</param>
    /// <param name="companion">What else goes into the transaction.</param>
    /// <param name="attempt">This attempt's name.</param>
    /// <param name="delivery">Bronze that is on its way; null: not begun yet.</param>
    /// <param name="cancellation">Stops before the swap.</param>
    private async ValueTask<(ShardHead Head, BatchItem Item)?> Try(
        BronzeRecords records, JudgedBatch judged, LoadedShard basis, CommitCompanion companion, string attempt, Task<string>? delivery, CancellationToken cancellation)
    {
        var generation = (basis.Head?.Generation ?? 0) + 1;
        basis.Memory.Times = times;
        int[]? firstCopies = null;
        if (claims is not null)
        {
            if (await claims.Take(judged.Keys, attempt, generation, cancellation) is not { } taken)
            {
                return null;
            }

            firstCopies = taken;
        }

        times?.End(BatchStage.Dedupe);
        using var proposed = pipeline.Complete(judged, basis.Memory, firstCopies);
        var startedUs = basis.Head is null && basis.Memory.WatermarkUs > long.MinValue ? basis.Memory.WatermarkUs : (long?)null;
        var bronzeName = delivery is null ? await bronze.Write(records, cancellation) : null;
        times?.End(BatchStage.Bronze);
        var segments = proposed.NewKeys.ToItems(_pk, attempt, generation);
        var redrove = RedroveItems.Encode(_pk, companion.Redrove, attempt, generation);
        var rows = StageRows(proposed, StagedName.Of(_stream, shard, generation, attempt), cancellation);
        BatchItem item;
        NextPanes panes;
        try
        {
            panes = await _panes.With(proposed.Windows.Layer, basis.Head?.Panes ?? [], attempt, generation, cancellation);
            times?.End(BatchStage.Stage);
            item = ItemOf(proposed, attempt, generation, rows) with
            {
                SealedWatermarkUs = startedUs,
                Bronze = bronzeName ?? await delivery!,
                SeenSegments = segments.Count > BatchItem.SeenSegmentsNamedMax ? [] : [.. segments.Select(segment => segment.Sk)],
                Redrove = [.. redrove.Select(redriven => redriven.Sk)],
            };
            times?.End(BatchStage.Bronze);
        }
        catch
        {
            await rows.Written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        var head = NextHead(proposed, attempt, generation, panes.Layers, basis);
        var staged = new StagedForSwap([.. segments, .. redrove, .. panes.Items], rows.Written, () => times?.End(BatchStage.Stage));
        var outcome = await HeadSwap.Try(state, _pk, head, item, staged, companion.Writes, cancellation);
        times?.End(BatchStage.Commit);
        if (outcome != SwapOutcome.Committed)
        {
            if (companion.Redrove.Count > 0 && outcome == SwapOutcome.Lost)
            {
                // Bronze is read by its folder too: what was not redriven should not be in it twice. A swap without an answer may yet arrive.
                await objects.Delete(item.Bronze!, cancellation);
            }

            return null;
        }

        basis.Memory.WatermarkUs = head.WatermarkUs;
        await state.Delete(panes.Superseded, cancellation);
        return (head, item);
    }

    private static BatchItem ItemOf(ProposedCommit proposed, string attempt, long generation, in StagedRows rows) => new()
    {
        Generation = generation,
        Attempt = attempt,
        FirstSequence = proposed.FirstSequence.ToString(),
        LastSequence = proposed.LastSequence.ToString(),
        Counts = proposed.Counts,
        Score = proposed.Quality.Result?.Score,
        RowScore = proposed.Quality.Result is { RowCount: > 0 } judged ? (double)judged.RowsPassed / judged.RowCount : null,
        FailedRules = proposed.Quality.Result is { } quality ? [.. quality.Rules.Where(r => !r.Passed).Select(r => r.Rule)] : [],
        QuarantinedBy = proposed.QuarantinedBy,
        Gated = proposed.Quality.Gated,
        ArrivalUs = proposed.ArrivalUs,
        Silver = rows.Silver,
        Quarantine = rows.Quarantine,
        Unmatched = proposed.Unmatched,
    };

    /// <summary>
    /// Begins to write the rows. One file for both kinds: to make a file, and to flush it, costs as much as some thousand rows in it. Its name carries the attempt, as those of
    /// all that is staged do, so nothing that is committed can be overwritten.
    /// </summary>
    private StagedRows StageRows(ProposedCommit proposed, string key, CancellationToken cancellation)
    {
        if (proposed.Silver is null && proposed.Quarantine is null)
        {
            return new StagedRows(null, null, Task.CompletedTask);
        }

        var file = StagedFile.Room(proposed.Silver, proposed.Quarantine);
        StagedRef? silver, quarantine;
        try
        {
            silver = StagedFile.Append(proposed.Silver, key, objects.IsRemote, file);
            quarantine = StagedFile.Append(proposed.Quarantine, key, objects.IsRemote, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return new StagedRows(silver, quarantine, objects.StagePooled(key, file, cancellation).AsTask());
    }

    private ShardHead NextHead(ProposedCommit proposed, string attempt, long generation, IReadOnlyList<PaneLayerRef> panes, LoadedShard basis)
    {
        var late = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var i = 0; i < pipeline.Metrics.Metrics.Count; i++)
        {
            var name = pipeline.Metrics.Metrics[i].Name;
            late[name] = proposed.Windows.LatePerMetric[i] + (basis.Head?.LatePerMetric.GetValueOrDefault(name) ?? 0);
        }

        return new ShardHead
        {
            Generation = generation,
            Attempt = attempt,
            LastSequence = proposed.LastSequence.ToString(),
            WatermarkUs = proposed.Windows.WatermarkUs,
            LastArrivalUs = Math.Max(proposed.ArrivalUs, basis.Head?.LastArrivalUs ?? long.MinValue),
            Totals = (basis.Head?.Totals ?? default) + proposed.Counts,
            LatePerMetric = late,
            Panes = panes,
            Ancestors = basis.Ancestors,
            EvictedKeys = basis.Memory.EvictedBefore + basis.Memory.Seen.EvictedKeys,
        };
    }

    /// <param name="Silver">Where the valid rows are; null: there are none.</param>
    /// <param name="Quarantine">Where the others are.</param>
    /// <param name="Written">Ends when they are durable there.</param>
    private readonly record struct StagedRows(StagedRef? Silver, StagedRef? Quarantine, Task Written);
}
