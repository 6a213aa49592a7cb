using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Redrive;

/// <summary>
/// Runs events of one shard again, through the same pipeline and the same commit, in the shard's lane (<see cref="RedriveLane"/>).
/// <list type="bullet">
/// <item>Once: a batch names the source events it redrove; those are left out whenever they come again.</item>
/// <item>Unique: the lane reads the seen segments of the shard's family, and its transaction moves the family's heads on, so that a consumer there
/// loses its next swap, reloads, and sees the lane's keys; when a consumer was first, the lane loses and reloads. One of two copies always
/// sees the other.</item>
/// <item>On time: the lane opens at the shard's watermark, or at how far gold is being closed, and holds further closing back while it is open:
/// the opening moves the roll's head on, so that a roll which has not seen the lane is lost. It is closed by a final head.</item>
/// </list>
/// Nothing is remembered between two batches. A redrive that dies leaves its lane open; the next one, or the idle seal, ends that.
/// </summary>
public sealed class RedriveConsumer(
    Pipeline pipeline, string shard, ulong seed, IStateStore state, IObjectStore objects, StreamCatalog catalog, IAttemptIds attempts)
{
    private const int AttemptsMax = 100;

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly string _lane = RedriveLane.Of(shard);
    private readonly string _pk = StateKeys.ShardPk(pipeline.Settings.Stream, RedriveLane.Of(shard));
    private readonly LaneLoader _loader = new(pipeline, RedriveLane.RootOf(shard), seed, state, catalog, attempts);
    private readonly ShardLineage _lineage = new(pipeline, state, attempts);
    private readonly BatchCommit _commit = new(
        pipeline, RedriveLane.Of(shard), KeyClaims.For(pipeline, RedriveLane.Of(shard), state, attempts), state, objects, new ObjectBronze(objects), attempts);

    /// <summary>Redrives those of the events that were not redriven before. When this throws, nothing is lost: call again.</summary>
    /// <param name="events">Of this shard or its lane. At most 10,000, and about 6 MB.</param>
    /// <param name="cancellation">Stops between attempts.</param>
    /// <returns>Replayed are those that were redriven before.</returns>
    /// <exception cref="InputRefusedException">The shard cannot be redriven now.</exception>
    /// <exception cref="StateUncertainException">The state store gave no answer, or other writers were always first.</exception>
    public async ValueTask<BatchReport> Commit(IReadOnlyList<RedriveEvent> events, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var head = await _lineage.ReadHead(_lane, cancellation);
            var fresh = await _loader.Fresh(events, head, cancellation);
            if (fresh.Count == 0)
            {
                return new BatchReport(default, events.Count, null);
            }

            if (head is null or { Final: true })
            {
                await Open(head, cancellation);
                continue;
            }

            var view = await _loader.View(cancellation);
            using var memory = await _loader.Load(head, view, fresh.Min(e => e.ArrivalUs), cancellation);
            var companion = new CommitCompanion([.. fresh.Select(e => e.Fingerprint(seed))], view.Writes);
            var basis = new LoadedShard(memory, head, view.Ancestors);
            if (await _commit.Try(LaneLoader.BatchOf(_lane, fresh, head), firstNew: 0, basis, memory.Desk, companion, cancellation) is { } committed)
            {
                return new BatchReport(committed.Item.Counts, events.Count - fresh.Count, committed.Item);
            }
        }

        throw new StateUncertainException($"{_lane}: {AttemptsMax} commits in a row were lost to other processes on {shard} or on the lane; run one redrive at a time");
    }

    /// <summary>Ends the redrive: from here on the lane holds no window open. Harmless when it is closed, or was never open.</summary>
    public async ValueTask Close(CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (await _lineage.ReadHead(_lane, cancellation) is not { Final: false } head)
            {
                return;
            }

            var next = HeadSwap.Next(head, attempts.Next(), default) with { Final = true };
            if (await HeadSwap.Commit(state, _pk, next, HeadSwap.WithoutRecords(next, BatchKind.Final), cancellation))
            {
                return;
            }
        }

        throw new StateUncertainException($"{_lane}: its head changed {AttemptsMax} times while it was being closed; run one redrive at a time");
    }

    /// <summary>One transaction of three: the lane's head, its item, and the roll's head, unchanged, one version on.</summary>
    private async ValueTask Open(ShardHead? head, CancellationToken cancellation)
    {
        await catalog.Register(new ShardEntry(_lane, []), cancellation);
        var source = await _lineage.ReadHead(RedriveLane.RootOf(shard), cancellation);
        var (roll, version) = await RollHead.ReadItem(state, _stream, cancellation) ?? (RollHead.None, 0);
        var next = HeadSwap.Next(head, attempts.Next(), new ShardStart([], long.MinValue));
        var watermarkUs = Math.Max(Math.Max(next.WatermarkUs, source?.WatermarkUs ?? long.MinValue), roll.ClosingThroughUs);
        next = next with { Final = false, WatermarkUs = watermarkUs };
        var item = HeadSwap.WithoutRecords(next, BatchKind.Open) with { SealedWatermarkUs = watermarkUs == long.MinValue ? null : watermarkUs };
        var rollItem = new StateItem(StateKeys.RollPk(_stream), StateKeys.Head, version + 1, attempts.Next(), roll.ToJson());

        // Lost or not: the caller looks at the head again.
        await HeadSwap.Commit(state, _pk, next, item, [new StateWrite(rollItem, version)], cancellation);
    }
}
