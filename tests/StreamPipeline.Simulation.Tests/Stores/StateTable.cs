using StreamPipeline.Core.Commit;

namespace StreamPipeline.Simulation.Tests.Stores;

/// <summary>The simulated state table: what is durable. Calls take effect at once; delays and faults are the ports' business.</summary>
internal sealed class StateTable
{
    private readonly SortedDictionary<string, SortedDictionary<string, StateItem>> _partitions = new(StringComparer.Ordinal);

    /// <summary>Sees every transaction that is about to be applied.</summary>
    public Action<IReadOnlyList<StateWrite>>? Swapping { get; set; }

    /// <summary>Sees every item before it is written, by a transaction or not.</summary>
    public Action<StateItem>? Writing { get; set; }

    /// <summary>Sees every item that is deleted by a caller, before it is gone.</summary>
    public Action<StateItem>? Deleting { get; set; }

    public StateItem? Read(string pk, string sk) =>
        _partitions.TryGetValue(pk, out var partition) ? partition.GetValueOrDefault(sk) : null;

    /// <summary>At most <paramref name="limit"/> items with from ≤ sk &lt; to.</summary>
    public List<StateItem> Page(string pk, string from, string to, int limit)
    {
        var page = new List<StateItem>();
        if (_partitions.TryGetValue(pk, out var partition))
        {
            foreach (var (sk, item) in partition)
            {
                if (string.CompareOrdinal(sk, from) >= 0 && string.CompareOrdinal(sk, to) < 0 && page.Count < limit)
                {
                    page.Add(item);
                }
            }
        }

        return page;
    }

    public IEnumerable<StateItem> All() => _partitions.Values.SelectMany(partition => partition.Values);

    public void Put(IReadOnlyList<StateItem> items)
    {
        foreach (var item in items)
        {
            Set(item);
        }
    }

    public SwapOutcome Swap(IReadOnlyList<StateWrite> writes)
    {
        foreach (var write in writes)
        {
            var version = Read(write.Item.Pk, write.Item.Sk)?.Version ?? 0;
            if (write.ExpectedVersion is { } expected && version != expected)
            {
                return SwapOutcome.Lost;
            }
        }

        Swapping?.Invoke(writes);
        foreach (var write in writes)
        {
            Set(write.Item);
        }

        return SwapOutcome.Committed;
    }

    /// <summary>What bars the claim; null: it was written.</summary>
    public StateItem? Claim(in StateClaim claim)
    {
        var there = Read(claim.Item.Pk, claim.Item.Sk);
        if (!ClaimRule.GivesWay(there, claim))
        {
            return there;
        }

        Set(claim.Item);
        return null;
    }

    public void Delete(IReadOnlyList<(string Pk, string Sk)> keys)
    {
        foreach (var (pk, sk) in keys)
        {
            if (Read(pk, sk) is { } item)
            {
                Deleting?.Invoke(item);
                _partitions[pk].Remove(sk);
            }
        }
    }

    /// <summary>What the store does by itself to an item whose time has passed.</summary>
    public void Expire(StateItem item) => _partitions[item.Pk].Remove(item.Sk);

    private void Set(StateItem item)
    {
        Writing?.Invoke(item);
        if (!_partitions.TryGetValue(item.Pk, out var partition))
        {
            _partitions.Add(item.Pk, partition = new SortedDictionary<string, StateItem>(StringComparer.Ordinal));
        }

        partition[item.Sk] = item;
    }
}
