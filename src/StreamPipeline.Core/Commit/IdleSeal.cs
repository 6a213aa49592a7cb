namespace StreamPipeline.Core.Commit;

/// <summary>The time by which a roll judges who is idle. Core has no clock: the composition root hands it in.</summary>
/// <param name="NowUs">Microseconds since the epoch.</param>
/// <param name="WatchingSinceUs">
/// Since when consumers have been running: before that nobody could commit, so it was no shard's fault. The start of the process when it runs the consumers too;
/// <see cref="long.MinValue"/> when they always run.
/// </param>
public readonly record struct SealClock(long NowUs, long WatchingSinceUs);

/// <param name="Activity">For the next roll.</param>
/// <param name="Sealed">Shards whose watermark was raised.</param>
internal readonly record struct SealReport(IReadOnlyDictionary<string, ShardActivity> Activity, int Sealed);

/// <summary>
/// Raises the watermark of idle shards, so that they do not hold back the windows of the others. A seal is a commit like any other: the head's
/// swap decides. If the shard's consumer was first, the shard is not idle; if the seal was, the consumer loses its swap, reloads, and its
/// records are late by the watermark of their own shard. So windows never close over a record that is on time.
/// Idle is a shard that no roll has seen commit a valid event for <c>eventTime.idleTimeout</c>: what counts is that commits are made, not how old
/// their records are, so a consumer that works off a backlog is not idle. What goes to quarantine tells no event time: one broken producer must not hold
/// everybody's windows open.
/// </summary>
internal sealed class IdleSeal(Pipeline pipeline, IStateStore state, IAttemptIds attempts)
{
    private readonly string _stream = pipeline.Settings.Stream;
    private readonly long _idleUs = pipeline.Settings.EventTime.IdleTimeout.Ticks / TimeSpan.TicksPerMicrosecond;
    private readonly ShardLineage _lineage = new(pipeline, state, attempts);

    /// <summary>Whether <c>eventTime.idleTimeout</c> asks for it.</summary>
    public bool IsOn => _idleUs > 0;

    /// <param name="heads">As read now.</param>
    /// <param name="before">From the last roll.</param>
    /// <param name="clock">When it is.</param>
    /// <param name="cancellation">Seals that were made stay.</param>
    public async ValueTask<SealReport> Run(
        StreamHeads heads, IReadOnlyDictionary<string, ShardActivity> before, SealClock clock, CancellationToken cancellation)
    {
        var activity = Observe(heads, before, clock.NowUs);
        var idle = activity.Where(shard => clock.NowUs - Math.Max(shard.Value.SinceUs, clock.WatchingSinceUs) >= _idleUs).Select(shard => shard.Key).ToHashSet(StringComparer.Ordinal);
        var targetUs = Target(heads, activity.Keys, idle);
        var count = 0;
        foreach (var shard in idle)
        {
            if (heads.WatermarkUs(shard) < targetUs && await TrySeal(heads, shard, targetUs, cancellation))
            {
                count++;
            }
        }

        return new SealReport(activity, count);
    }

    private static SortedDictionary<string, ShardActivity> Observe(
        StreamHeads heads, IReadOnlyDictionary<string, ShardActivity> before, long nowUs)
    {
        var activity = new SortedDictionary<string, ShardActivity>(StringComparer.Ordinal);
        foreach (var shard in heads.Shards.Where(heads.IsOpen))
        {
            var totals = heads.Head(shard)?.Totals ?? default;
            var events = totals.Silver + totals.Duplicates;

            // A clock that was set back starts the wait again rather than stretching it.
            activity[shard] = before.TryGetValue(shard, out var known) && known.Events == events && known.SinceUs <= nowUs
                ? known
                : new ShardActivity(events, nowUs);
        }

        return activity;
    }

    /// <summary>The least watermark of those that are not idle; when all are, the greatest there is: nobody is ahead any more.</summary>
    private static long Target(StreamHeads heads, IEnumerable<string> open, HashSet<string> idle)
    {
        var busy = open.Where(shard => !idle.Contains(shard)).ToList();
        return busy.Count > 0
            ? busy.Min(heads.WatermarkUs)
            : idle.Select(heads.WatermarkUs).DefaultIfEmpty(long.MinValue).Max();
    }

    /// <summary>False when the shard turned out not to be idle, or must wait for its parents.</summary>
    private async ValueTask<bool> TrySeal(StreamHeads heads, string shard, long targetUs, CancellationToken cancellation)
    {
        var head = heads.Head(shard);
        if (head is null && !heads.ParentsAreFinal(shard))
        {
            // To take over from its parents would end them. It does not hold anything back: they count themselves.
            return false;
        }

        var start = head is null ? await _lineage.Start(heads.Entry(shard), cancellation) : default;
        var next = HeadSwap.Next(head, attempts.Next(), start);
        next = next with { WatermarkUs = Math.Max(next.WatermarkUs, targetUs) };
        var item = new BatchItem
        {
            Kind = BatchKind.Seal,
            Generation = next.Generation,
            Attempt = next.Attempt,
            SealedWatermarkUs = next.WatermarkUs,
        };
        return await HeadSwap.Commit(state, StateKeys.ShardPk(_stream, shard), next, item, cancellation);
    }
}
