using System.Text;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// Dedupe over all shards of a stream (<c>dedup.scope: stream</c>): each key is an item that names the commit attempt which took it.
/// <para>
/// An attempt (shard S, generation g, id a) claims the keys of the rows that <em>it</em> would write to silver, after quality and gate, before
/// its swap. Its fate is in one place: the batch item of (S, g). If that carries a, the attempt is committed and the key's row is in silver; if
/// it carries another id, the attempt is dead for good, whatever it claimed; if there is none, it is open. Hence, for a live claim:
/// committed → the row is a duplicate; dead → the claim is taken over; open → its owner is fenced off first: the head of S is moved on to
/// generation g without records, after which the attempt is dead, or it lost the race for that and is committed.
/// </para>
/// <para>
/// Invariant: a committed attempt holds all its claims, unexpired, for ever after its claiming. Proof: a claim is only overwritten when it is
/// expired for the arrival of the overwriting record, or when the overwriter has seen that its attempt is dead, which never changes back.
/// So no two silver rows within the horizon have one key: of their two attempts the later to claim found the other's claim (or a claim of one
/// that had overwritten it, which cannot be), saw it committed, or killed it. And no key is lost: a row is a duplicate only of a committed
/// silver row or of one in its own batch. A batch that is re-cut and then gated leaves claims of a dead attempt, which bar nobody.
/// </para>
/// <para>
/// Both hold for records that are processed within a horizon and <see cref="NewKeys.StoredLongerUs"/> of their arrival: a claim expires by arrival times, which its condition judges, and a
/// store that deletes by the clock keeps it that much longer. <see cref="ExpiredClaims"/> deletes elsewhere.
/// </para>
/// </summary>
internal sealed class KeyClaims(Pipeline pipeline, string shard, IStateStore state, IAttemptIds attempts)
{
    /// <summary>An open attempt is looked at this often before it is fenced off: its commit is mostly a moment away, and two shards must not kill each other in turn.</summary>
    private const int LooksBeforeFence = 3;

    /// <summary>Rounds after which a store that neither applies nor refuses a fence is given up.</summary>
    private const int LooksMax = 50;

    /// <summary>Fates remembered, so that a duplicate rarely costs a read.</summary>
    private const int FatesMax = 100_000;

    private readonly string _stream = pipeline.Settings.Stream;
    private readonly byte[] _shard = Encoding.UTF8.GetBytes(shard);
    private readonly HeadFence _fence = new(pipeline, state, attempts);

    // (shard, generation) → the attempt that made it. Never changes once it is there.
    private readonly Dictionary<(string Shard, long Generation), string> _winners = [];

    /// <summary>Null when the pipeline's scope is not the stream.</summary>
    public static KeyClaims? For(Pipeline pipeline, string shard, IStateStore state, IAttemptIds attempts) =>
        pipeline.Settings.Dedup is { Scope: DedupScope.Stream } ? new KeyClaims(pipeline, shard, state, attempts) : null;

    /// <summary>
    /// Claims each key for the first row that has it, in sequence order; a later row of the same key is judged by what the first one met.
    /// </summary>
    /// <returns>The rows that are first copies, ascending; null: this attempt can no longer be committed.</returns>
    public async ValueTask<int[]?> Take(KeyedRows rows, string attempt, long generation, CancellationToken cancellation)
    {
        var kept = new List<int>(rows.Count);
        var pending = Enumerable.Range(0, rows.Count).ToList();
        while (pending.Count > 0)
        {
            // Key → until when the copy that has it bars others.
            var keys = new Dictionary<UInt128, long>(pending.Count);
            var firsts = pending.FindAll(row => keys.TryAdd(rows.Fingerprints.Span[row], rows.ExpiresAtUs(row)));
            if (await ClaimAll(rows, firsts, attempt, generation, cancellation) is not { } held)
            {
                return null;
            }

            kept.AddRange(firsts.Where(row => !held.ContainsKey(row)));
            foreach (var (row, expiresAtUs) in held)
            {
                keys[rows.Fingerprints.Span[row]] = expiresAtUs;
            }

            // A copy that arrived beyond what was remembered of the one before it tries for itself.
            var tried = firsts.ToHashSet();
            pending.RemoveAll(row => tried.Contains(row) || rows.ArrivalsUs[row] < keys[rows.Fingerprints.Span[row]]);
        }

        kept.Sort();
        return [.. kept];
    }

    /// <summary>As <see cref="Take"/> would find it, without claiming: for a dry run.</summary>
    /// <param name="rows">The batch.</param>
    /// <param name="taken">What earlier batches of the dry run would have taken; takes in this batch's.</param>
    /// <param name="cancellation">Stops between reads.</param>
    public async ValueTask<int[]> Look(KeyedRows rows, HashSet<UInt128> taken, CancellationToken cancellation)
    {
        var kept = new List<int>(rows.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            var fingerprint = rows.Fingerprints.Span[row];
            var holder = await state.Read(StateKeys.ClaimPk(_stream, fingerprint), StateKeys.Claim(fingerprint), cancellation);
            var isTaken = holder?.ExpiresAtUs > rows.ArrivalsUs[row] && await WinnerOf(holder, fence: false, cancellation) == holder.Attempt;
            if (!isTaken && taken.Add(fingerprint))
            {
                kept.Add(row);
            }
        }

        return [.. kept];
    }

    /// <summary>Rows whose key a committed attempt holds, → when that claim expires. Null: this attempt can no longer be committed.</summary>
    private async ValueTask<Dictionary<int, long>?> ClaimAll(
        KeyedRows rows, List<int> firsts, string attempt, long generation, CancellationToken cancellation)
    {
        var duplicates = new Dictionary<int, long>();
        var open = firsts.ConvertAll(row => (Row: row, Dead: (string?)null));
        for (var look = 0; open.Count > 0; look++)
        {
            if (look == LooksMax)
            {
                throw new StateUncertainException($"shard {shard}: {open.Count} keys are claimed by commits that neither end nor can be ended, after {LooksMax} looks");
            }

            var claims = open.ConvertAll(claim => new StateClaim(ItemOf(rows, claim.Row, attempt, generation), rows.ArrivalsUs[claim.Row], claim.Dead));
            var holders = await state.Claim(claims, cancellation);
            var next = new List<(int Row, string? Dead)>();
            for (var i = 0; i < open.Count; i++)
            {
                if (holders[i] is not { } holder)
                {
                    continue;
                }

                var winner = await WinnerOf(holder, fence: look >= LooksBeforeFence, cancellation);
                if (winner == holder.Attempt)
                {
                    duplicates.Add(open[i].Row, holder.ExpiresAtUs ?? long.MaxValue);
                }
                else
                {
                    next.Add((open[i].Row, winner is null ? null : holder.Attempt));
                }
            }

            if (_winners.ContainsKey((shard, generation)))
            {
                return null;
            }

            open = next;
        }

        return duplicates;
    }

    /// <summary>The attempt that made the generation which the claim's holder works for; null while there is none.</summary>
    private async ValueTask<string?> WinnerOf(StateItem claim, bool fence, CancellationToken cancellation)
    {
        var holder = (Shard: Encoding.UTF8.GetString(claim.Body.Span), Generation: claim.Version);
        if (_winners.TryGetValue(holder, out var winner))
        {
            return winner;
        }

        var pk = StateKeys.ShardPk(_stream, holder.Shard);
        if (fence)
        {
            await _fence.MoveTo(holder.Shard, holder.Generation, cancellation);
        }

        var item = await state.Read(pk, StateKeys.Batch(holder.Generation), cancellation);
        if (item is null)
        {
            return null;
        }

        if (_winners.Count >= FatesMax)
        {
            _winners.Clear();
        }

        _winners.Add(holder, item.Attempt);
        return item.Attempt;
    }

    private StateItem ItemOf(KeyedRows rows, int row, string attempt, long generation)
    {
        var fingerprint = rows.Fingerprints.Span[row];
        return new StateItem(StateKeys.ClaimPk(_stream, fingerprint), StateKeys.Claim(fingerprint), generation, attempt, _shard, rows.ExpiresAtUs(row), NewKeys.StoredLongerUs);
    }
}
