namespace StreamPipeline.Core.Commit;

/// <summary>One item of the state table.</summary>
/// <param name="Pk">Partition key, such as <c>SHARD#flights#shardId-000000000000</c>.</param>
/// <param name="Sk">Sort key, ordinal order, such as <c>BATCH#000000000007</c>.</param>
/// <param name="Version">What a conditional write compares: 1 for a new item, +1 with each swap.</param>
/// <param name="Attempt">Unique to the attempt that wrote it: how a writer recognises its own commit after an answer got lost.</param>
/// <param name="Body">At most <see cref="IStateStore.BodyBytesMax"/> bytes. Of an item that is written: the caller's again when the write has returned.</param>
/// <param name="ExpiresAtUs">Microseconds since the epoch after which the store may delete it (late, or never); null: kept.</param>
/// <param name="StoredLongerUs">How much longer than that a store that deletes by the clock keeps it, microseconds. Not told of an item that is read.</param>
public sealed record StateItem(
    string Pk, string Sk, long Version, string Attempt, ReadOnlyMemory<byte> Body, long? ExpiresAtUs = null, long StoredLongerUs = 0);

/// <summary>A write of a transaction.</summary>
/// <param name="Item">What to write.</param>
/// <param name="ExpectedVersion">0: the item must not exist; n: its version must be n; null: no condition.</param>
public readonly record struct StateWrite(StateItem Item, long? ExpectedVersion);

/// <summary>What a swap's writes name: it is written first, and nobody looks for it before.</summary>
/// <param name="Items">Under names that no other attempt uses; as many as there are.</param>
/// <param name="Objects">Ends when what lies elsewhere is durable. When it fails nothing is swapped.</param>
/// <param name="Done">Called when nothing is left but the swap: what fails before it has swapped nothing.</param>
public readonly record struct StagedForSwap(IReadOnlyList<StateItem> Items, Task Objects, Action? Done = null);

/// <summary>A wish for a key that only one may have.</summary>
/// <param name="Item">Names the claimant by its attempt; has an expiry.</param>
/// <param name="ArrivalUs">A claim that expires at or before this no longer bars, microseconds since the epoch.</param>
/// <param name="Over">The attempt of a claimant that is known to be dead and may be replaced; null: none.</param>
public readonly record struct StateClaim(StateItem Item, long ArrivalUs, string? Over);

public enum SwapOutcome
{
    /// <summary>All writes were applied.</summary>
    Committed,

    /// <summary>A condition failed; nothing was applied.</summary>
    Lost,
}

/// <summary>
/// The state table: SQLite when embedded, DynamoDB on AWS, a simulated one in tests. Every implementation passes the same contract test.
/// Throttles are retried inside. A call that throws <see cref="StateUncertainException"/> may or may not have been applied.
/// </summary>
public interface IStateStore
{
    /// <summary>Largest body of an item: below DynamoDB's 400 KB with room for keys.</summary>
    const int BodyBytesMax = 380_000;

    /// <summary>Strongly consistent read.</summary>
    ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation);

    /// <summary>Items of a partition with <paramref name="skFrom"/> ≤ sk &lt; <paramref name="skTo"/> in sk order, strongly consistent per page.</summary>
    IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, CancellationToken cancellation);

    /// <summary>As <see cref="Query"/>, with empty bodies: a store that can need not read them.</summary>
    IAsyncEnumerable<StateItem> QueryNames(string pk, string skFrom, string skTo, CancellationToken cancellation) =>
        WithoutBodies(Query(pk, skFrom, skTo, cancellation));

    /// <summary>
    /// Unconditional writes under names that no other attempt uses; not atomic together. Seen by all at once, and durable at the latest when a later
    /// <see cref="Swap"/> or <see cref="Claim"/> of this process returns: only that makes them count.
    /// </summary>
    ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation);

    /// <summary>One transaction: all or nothing. At most 100 items.</summary>
    ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation);

    /// <summary>
    /// A <see cref="Swap"/> behind a <see cref="Put"/> of what it names, or both in one transaction where a store can: when
    /// it is not committed those items are there or not. Objects and items are written at the same time; neither is on its way any more when this has ended.
    /// </summary>
    async ValueTask<SwapOutcome> SwapStaged(IReadOnlyList<StateWrite> writes, StagedForSwap staged, CancellationToken cancellation)
    {
        await Task.WhenAll(staged.Objects, PutStaged());
        staged.Done?.Invoke();
        return await Swap(writes, cancellation);

        async Task PutStaged() => await Put(staged.Items, cancellation);
    }

    /// <summary>A transaction of one write, durable as a <see cref="Put"/> is, which a store may take less for.</summary>
    ValueTask<SwapOutcome> PutIf(StateWrite write, CancellationToken cancellation) => Swap([write], cancellation);

    /// <summary>
    /// Writes each item if there is none of its key, or one that is expired for the claim, of the same attempt, or of the one it may replace
    /// (DynamoDB: a conditional put that returns the old item when it fails). Not atomic together, in no order; the keys differ.
    /// </summary>
    /// <returns>One per claim: null when it was written, or the item that bars it.</returns>
    ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation);

    /// <summary>Deletes what exists; missing items are no error. Durable as a <see cref="Put"/> is.</summary>
    ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation);

    /// <summary>
    /// Deletes the items of a partition that expire at or before <paramref name="untilUs"/>, each as long as it does; durable as a <see cref="Put"/> is.
    /// </summary>
    /// <param name="pk">The partition.</param>
    /// <param name="untilUs">Microseconds since the epoch.</param>
    /// <param name="dryRun">Only count.</param>
    /// <param name="cancellation">Stops between pages.</param>
    /// <returns>How many; null: the store deletes expired items itself, by the clock, and leaves it to that.</returns>
    ValueTask<long?> DeleteExpired(string pk, long untilUs, bool dryRun, CancellationToken cancellation) => ValueTask.FromResult<long?>(null);

    private static async IAsyncEnumerable<StateItem> WithoutBodies(IAsyncEnumerable<StateItem> items)
    {
        await foreach (var item in items)
        {
            yield return item with { Body = default };
        }
    }
}

/// <summary>The rule of <see cref="IStateStore.Claim"/>, for stores that judge it themselves.</summary>
public static class ClaimRule
{
    /// <summary>Whether what is there gives way to the claim.</summary>
    public static bool GivesWay(StateItem? there, in StateClaim claim) =>
        there is null || there.ExpiresAtUs <= claim.ArrivalUs || there.Attempt == claim.Item.Attempt || there.Attempt == claim.Over;
}

/// <summary>The store gave no answer: the write may have been applied. Reload and look.</summary>
public sealed class StateUncertainException(string message, Exception? inner = null) : Exception(message, inner);
