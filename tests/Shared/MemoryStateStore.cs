using System.Runtime.CompilerServices;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Tests;

/// <summary>The state table in memory.</summary>
public sealed class MemoryStateStore : IStateStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<string, StateItem>> _partitions = [];

    /// <summary>Runs before each swap that is not its own doing: another process getting in between. It may write to the store.</summary>
    public Func<IReadOnlyList<StateWrite>, Task>? BeforeSwap { get; set; }

    public ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(Find(pk, sk));
        }
    }

    public async IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        List<StateItem> items;
        lock (_lock)
        {
            items = [.. Partition(pk).Values.Where(i => string.CompareOrdinal(i.Sk, skFrom) >= 0 && string.CompareOrdinal(i.Sk, skTo) < 0)];
        }

        foreach (var item in items)
        {
            yield return item;
        }
    }

    public ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation)
    {
        lock (_lock)
        {
            foreach (var item in items)
            {
                Set(item);
            }
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
    {
        if (BeforeSwap is { } before)
        {
            BeforeSwap = null;
            await before(writes);
            BeforeSwap ??= before;
        }

        if (writes.Count > 100)
        {
            throw new ArgumentException($"a transaction of {writes.Count} writes; at most 100 are allowed", nameof(writes));
        }

        lock (_lock)
        {
            foreach (var write in writes)
            {
                Check(write.Item);
                if (write.ExpectedVersion is { } expected && (Find(write.Item.Pk, write.Item.Sk)?.Version ?? 0) != expected)
                {
                    return SwapOutcome.Lost;
                }
            }

            foreach (var write in writes)
            {
                Set(write.Item);
            }

            return SwapOutcome.Committed;
        }
    }

    public ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var holders = new StateItem?[claims.Count];
            for (var i = 0; i < holders.Length; i++)
            {
                var there = Find(claims[i].Item.Pk, claims[i].Item.Sk);
                if (ClaimRule.GivesWay(there, claims[i]))
                {
                    Set(claims[i].Item);
                }
                else
                {
                    holders[i] = there;
                }
            }

            return ValueTask.FromResult<IReadOnlyList<StateItem?>>(holders);
        }
    }

    public ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation)
    {
        lock (_lock)
        {
            foreach (var (pk, sk) in keys)
            {
                Partition(pk).Remove(sk);
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<long?> DeleteExpired(string pk, long untilUs, bool dryRun, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var expired = Partition(pk).Values.Where(item => item.ExpiresAtUs <= untilUs).Select(item => item.Sk).ToList();
            foreach (var sk in dryRun ? [] : expired)
            {
                Partition(pk).Remove(sk);
            }

            return ValueTask.FromResult<long?>(expired.Count);
        }
    }

    private static void Check(StateItem item)
    {
        if (item.Body.Length > IStateStore.BodyBytesMax)
        {
            throw new ArgumentException($"body of {item.Body.Length:N0} bytes; at most {IStateStore.BodyBytesMax:N0} are allowed");
        }
    }

    private StateItem? Find(string pk, string sk) => Partition(pk).GetValueOrDefault(sk);

    private SortedDictionary<string, StateItem> Partition(string pk) =>
        _partitions.TryGetValue(pk, out var items) ? items : _partitions[pk] = new(StringComparer.Ordinal);

    private void Set(StateItem item)
    {
        Check(item);
        Partition(item.Pk)[item.Sk] = item with { Body = item.Body.ToArray() };
    }
}
