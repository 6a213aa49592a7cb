using System.Globalization;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Core.Commit;

/// <param name="StagedObjects">Staged rows of attempts that did not commit, or whose batch is folded.</param>
/// <param name="TableObjects">Files written for versions of tables that others committed.</param>
/// <param name="Bytes">Size of these objects.</param>
/// <param name="SeenSegments">Seen segments of attempts that did not commit, and expired ones.</param>
/// <param name="PaneItems">Parts of pane layers that no head names.</param>
/// <param name="Claims">Claims of keys that have expired.</param>
/// <param name="Fenced">Shards whose head was moved on, so that an attempt that may still have slept can no longer commit.</param>
/// <param name="Kept">Objects that look abandoned and stay: younger than the grace period.</param>
public readonly record struct VacuumReport(
    long StagedObjects, long TableObjects, long Bytes, long SeenSegments, long PaneItems, long Claims, long Fenced, long Kept);

/// <summary>
/// Removes what failed attempts left behind, and expired seen segments and claims.
/// <para>
/// Nothing is deleted because it is old. All that an attempt writes before its commit carries the generation of its shard's head (the version of its table) that
/// the attempt is to become. Of one generation there is one commit, for ever: the swap of head g-1 → g, the manifest of version v. So an attempt
/// is dead once another has made its generation, and what it wrote can never be referenced: that is a fact which no later event
/// changes back, so there is no moment between looking and deleting in which it could become wrong. What a committed attempt wrote is dead
/// once the fold has gone beyond it, or the head has dropped it: folds only go forward, and a head takes over layers only from the head before.
/// </para>
/// <para>
/// What remains are attempts at the generation that nobody has made yet: in flight, asleep or dead, nobody can tell. Younger than the grace period they are left
/// alone. Older ones are made to lose: the shard's head moves on by a generation without records (<see cref="HeadFence"/>). If the attempt was alive
/// after all, it lost a race that it can lose to any other process: it drops its work, reloads and processes its records again.
/// So the grace period (default 24 h; an attempt takes seconds, a Lambda at most 15 min) saves work; nothing depends on it for being right.
/// </para>
/// </summary>
public sealed class Vacuum(Pipeline pipeline, IStateStore state, IObjectStore objects, StreamCatalog catalog, IAttemptIds attempts)
{
    /// <summary>Default grace period.</summary>
    public static readonly TimeSpan GraceDefault = TimeSpan.FromHours(24);

    private const int DeletesPerCall = 100;

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly ExpiredClaims _claims = new(pipeline, state, attempts);
    private readonly HeadFence _fence = new(pipeline, state, attempts);
    private readonly CommittedBatches _batches = new(state, pipeline.Settings.Stream);

    /// <param name="nowUs">Microseconds since the epoch.</param>
    /// <param name="grace">Objects younger than this stay. Not negative.</param>
    /// <param name="dryRun">Only count.</param>
    /// <param name="cancellation">What was deleted stays deleted.</param>
    /// <exception cref="StateBehindException">Silver holds batches that the state does not know: staged rows of those that it knows may not be in it.</exception>
    public async Task<VacuumReport> Run(long nowUs, TimeSpan grace, bool dryRun, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        var graceUs = grace.Ticks / TimeSpan.TicksPerMicrosecond;
        var pass = new Pass(nowUs, graceUs, dryRun);
        var silver = new LakeTable(objects, $"silver/{_stream}");
        var shards = await catalog.Shards(cancellation);
        var openArrivalUs = await LeastOpenArrival(shards, cancellation);
        foreach (var shard in shards)
        {
            await StagedRows(shard.Shard, silver, pass, cancellation);
            await StateItems(shard.Shard, openArrivalUs, pass, cancellation);
        }

        if (openArrivalUs > long.MinValue)
        {
            // Any shard may bring a copy, also one that has not begun: then only how long the stream holds records tells how old they are.
            var arrivalUs = Math.Min(openArrivalUs, nowUs - NewKeys.StoredLongerUs) - pass.SlackUs;
            pass.Report = pass.Report with { Claims = await _claims.Delete(arrivalUs, dryRun, cancellation) };
        }

        string[] tables = [silver.Path, $"quarantine/{_stream}", .. pipeline.Metrics.Metrics.Select(metric => $"gold/{metric.Name}")];
        foreach (var table in tables)
        {
            await TableFiles(new LakeTable(objects, table), pass, cancellation);
        }

        return pass.Report;
    }

    /// <summary>How far the arrival times of the shards that go on have come: what a final shard's segments are needed for.</summary>
    private async Task<long> LeastOpenArrival(IReadOnlyList<ShardEntry> shards, CancellationToken cancellation)
    {
        var leastUs = long.MaxValue;
        foreach (var shard in shards)
        {
            if (await _batches.Head(shard.Shard, cancellation) is { Final: false } head)
            {
                leastUs = Math.Min(leastUs, head.LastArrivalUs ?? long.MinValue);
            }
        }

        return leastUs == long.MaxValue ? long.MinValue : leastUs;
    }

    private async Task StagedRows(string shard, LakeTable silver, Pass pass, CancellationToken cancellation)
    {
        var folder = StagedName.Folder(_stream, shard);
        var old = new List<(ObjectInfo Object, long Generation, string Attempt)>();
        await foreach (var item in objects.List(folder, cancellation))
        {
            // What has another name is not ours to delete: nor is that of a shard whose name goes on after a slash.
            if (StagedName.TryParse(item.Key.AsSpan(folder.Length), out var generation, out var attempt))
            {
                if (pass.IsOld(item))
                {
                    old.Add((item, generation, attempt));
                }
                else
                {
                    pass.Report = pass.Report with { Kept = pass.Report.Kept + 1 };
                }
            }
        }

        if (old.Count == 0)
        {
            return;
        }

        // The head after the table: a fold may go on meanwhile.
        var folded = (await silver.Load(cancellation)).Folded.GetValueOrDefault(shard);
        await _batches.RefuseIfBehind(silver.Path, new Dictionary<string, long> { [shard] = folded }, cancellation);
        foreach (var (item, generation, attempt) in old)
        {
            if (generation <= folded || await IsDead(shard, generation, attempt, pass, cancellation))
            {
                await Delete(item, pass, cancellation);
                pass.Report = pass.Report with { StagedObjects = pass.Report.StagedObjects + 1 };
            }
        }
    }

    /// <summary>Whether the attempt can never be committed any more. One that still could is fenced off first.</summary>
    private async Task<bool> IsDead(string shard, long generation, string attempt, Pass pass, CancellationToken cancellation)
    {
        var winner = await Winner(shard, generation, cancellation);
        if (winner is null && !pass.DryRun)
        {
            await _fence.MoveTo(shard, generation, cancellation);
            winner = await Winner(shard, generation, cancellation);
            pass.Report = pass.Report with { Fenced = pass.Report.Fenced + (winner is null ? 0 : 1) };
        }

        return winner is null ? pass.DryRun : winner != attempt;
    }

    private async ValueTask<string?> Winner(string shard, long generation, CancellationToken cancellation) =>
        (await state.Read(StateKeys.ShardPk(_stream, shard), StateKeys.Batch(generation), cancellation))?.Attempt;

    /// <summary>Seen segments and pane layers. They have no time of writing, and need none: only what is certainly dead or expired goes.</summary>
    private async Task StateItems(string shard, long openArrivalUs, Pass pass, CancellationToken cancellation)
    {
        var pk = StateKeys.ShardPk(_stream, shard);
        var segments = new List<StateItem>();
        await foreach (var item in state.QueryNames(pk, SeenSegment.SortKeyPrefix, SeenSegment.SortKeyPrefix + StateKeys.PrefixEnd, cancellation))
        {
            segments.Add(item);
        }

        var panes = new List<StateItem>();
        await foreach (var item in state.QueryNames(pk, "PANES#", "PANES#" + StateKeys.PrefixEnd, cancellation))
        {
            panes.Add(item);
        }

        // The head after the items: what it does not name by now, it has dropped or will never name.
        if (await _batches.Head(shard, cancellation) is not { } head)
        {
            return;
        }

        var named = head.Panes.Select(layer => layer.Attempt).ToHashSet(StringComparer.Ordinal);
        panes.RemoveAll(item => item.Version > head.Generation || named.Contains(item.Attempt));

        // A final shard may have a child that has not begun: then nobody knows how far its records have come, only how long the stream holds them.
        var arrivalUs = head.Final ? Math.Min(openArrivalUs, pass.NowUs - NewKeys.StoredLongerUs) : head.LastArrivalUs ?? long.MinValue;
        var deadSegments = await DeadSegments(shard, head.Generation, Math.Min(pass.NowUs, arrivalUs), segments, pass, cancellation);
        await Delete([.. panes, .. deadSegments], pass, cancellation);
        pass.Report = pass.Report with
        {
            PaneItems = pass.Report.PaneItems + panes.Count,
            SeenSegments = pass.Report.SeenSegments + deadSegments.Count,
        };
    }

    /// <summary>
    /// A segment is expired by the arrival times of its shard, not by the clock: records of last year, run today, are deduplicated against last year's. The
    /// clock only holds back what a wrong arrival time would expire.
    /// </summary>
    private async Task<List<StateItem>> DeadSegments(
        string shard, long generation, long clockUs, List<StateItem> segments, Pass pass, CancellationToken cancellation)
    {
        var dead = new List<StateItem>();
        var winners = new Dictionary<long, string?>();
        foreach (var segment in segments)
        {
            // Not the item's own expiry: by the clock, the store keeps it longer.
            if (SeenSegment.TryParseSortKey(segment.Sk, out var expiresUs, out _, out _) && clockUs > long.MinValue && expiresUs <= clockUs - pass.SlackUs)
            {
                dead.Add(segment);
                continue;
            }

            if (segment.Version > generation)
            {
                continue;
            }

            if (!winners.TryGetValue(segment.Version, out var winner))
            {
                winners[segment.Version] = winner = await Winner(shard, segment.Version, cancellation);
            }

            if (winner is not null && winner != segment.Attempt)
            {
                dead.Add(segment);
            }
        }

        return dead;
    }

    /// <summary>Files that were written for a version of a table which another committer made, or that were moved and are here again.</summary>
    private async Task TableFiles(LakeTable table, Pass pass, CancellationToken cancellation)
    {
        var old = new List<(ObjectInfo Object, long Version)>();
        var (prefix, former) = (PartitionWriter.PrefixOf(table), PartitionWriter.FormerPrefixOf(table));
        await foreach (var item in objects.List(PartitionWriter.CommonPrefixOf(table), cancellation))
        {
            var name = item.Key.StartsWith(prefix, StringComparison.Ordinal) ? item.Key.AsSpan(prefix.Length)
                : item.Key.StartsWith(former, StringComparison.Ordinal) ? item.Key.AsSpan(former.Length)
                : default;
            if (name.IndexOf('-') is > 0 and var dash
                && long.TryParse(name[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var version) && pass.IsOld(item))
            {
                old.Add((item, version));
            }
        }

        if (old.Count == 0)
        {
            return;
        }

        // A version that is committed and not finished still names its staged files.
        var newest = await table.Load(cancellation);
        var named = newest.Files.Select(file => file.Staged).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var (item, version) in old)
        {
            if (version <= newest.Version && !named.Contains(item.Key))
            {
                await Delete(item, pass, cancellation);
                pass.Report = pass.Report with { TableObjects = pass.Report.TableObjects + 1 };
            }
        }
    }

    private async Task Delete(ObjectInfo item, Pass pass, CancellationToken cancellation)
    {
        pass.Report = pass.Report with { Bytes = pass.Report.Bytes + item.Bytes };
        if (!pass.DryRun)
        {
            await objects.Delete(item.Key, cancellation);
        }
    }

    private async Task Delete(List<StateItem> items, Pass pass, CancellationToken cancellation)
    {
        foreach (var page in pass.DryRun ? [] : items.Chunk(DeletesPerCall))
        {
            await state.Delete([.. page.Select(item => (item.Pk, item.Sk))], cancellation);
        }
    }

    private sealed class Pass(long nowUs, long graceUs, bool dryRun)
    {
        public long NowUs => nowUs;

        /// <summary>By how much arrival times may step back.</summary>
        public long SlackUs => Math.Max(graceUs, ShardLoader.ArrivalSlackUs);

        public bool DryRun => dryRun;

        public VacuumReport Report { get; set; }

        public bool IsOld(ObjectInfo item) => item.ModifiedUs <= nowUs - graceUs;
    }
}
