namespace StreamPipeline.Core.Commit;

/// <summary>One item of the state table.</summary>
/// <param name="Pk">Partition key, such as <c>SHARD#flights#shardId-000000000000</c>.</param>
/// <param name="Sk">Sort key, ordinal order, such as <c>BATCH#000000000007</c>.</param>
/// <param name="Version">What a conditional write compares: 1 for a new item, +1 with each swap.</param>
/// <param name="Attempt">Unique to the attempt that wrote it: how a writer recognises its own commit after an answer got lost.</param>
/// <param name="Body">At most <see cref="IStateStore.BodyBytesMax"/> bytes.</param>
/// <param name="ExpiresAtUs">Microseconds since the epoch after which the store may delete it (late, or never); null: kept.</param>
public sealed record StateItem(string Pk, string Sk, long Version, string Attempt, ReadOnlyMemory<byte> Body, long? ExpiresAtUs = null);

/// <summary>A write of a transaction.</summary>
/// <param name="Item">What to write.</param>
/// <param name="ExpectedVersion">0: the item must not exist; n: its version must be n; null: no condition.</param>
public readonly record struct StateWrite(StateItem Item, long? ExpectedVersion);

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

    /// <summary>Unconditional writes under names that no other attempt uses; not atomic together.</summary>
    ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation);

    /// <summary>One transaction: all or nothing. At most 100 items.</summary>
    ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation);

    /// <summary>Deletes what exists; missing items are no error.</summary>
    ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation);
}

/// <summary>The store gave no answer: the write may have been applied. Reload and look.</summary>
public sealed class StateUncertainException(string message, Exception? inner = null) : Exception(message, inner);
