using System.Collections.Concurrent;
using StreamPipeline.Aws.DynamoDb;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Aws.Tests.DynamoDb;

/// <summary>
/// What DynamoDB would charge for the writes of a store: one unit per KB of the item, begun ones whole, of the larger of what was there and what is put; two in
/// a transaction (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-unit-calculations.html). moto reports no real figures.
/// </summary>
internal sealed class MeteredStateStore(IStateStore store) : IStateStore
{
    private readonly ConcurrentDictionary<(string, string), int> _bytes = new();

    /// <summary>Units by kind of item: the sort key up to its first <c>#</c>.</summary>
    public ConcurrentDictionary<string, long> Units { get; } = new();

    public long Total => Units.Values.Sum();

    public ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation) => store.Read(pk, sk, cancellation);

    public IAsyncEnumerable<StateItem> Query(string pk, string skFrom, string skTo, CancellationToken cancellation) =>
        store.Query(pk, skFrom, skTo, cancellation);

    public ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation)
    {
        Charge(items, 1);
        return store.Put(items, cancellation);
    }

    public ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
    {
        Charge(writes.Select(write => write.Item), 2);
        return store.Swap(writes, cancellation);
    }

    public ValueTask<IReadOnlyList<StateItem?>> Claim(IReadOnlyList<StateClaim> claims, CancellationToken cancellation)
    {
        Charge(claims.Select(claim => claim.Item), 1);
        return store.Claim(claims, cancellation);
    }

    public ValueTask Delete(IReadOnlyList<(string Pk, string Sk)> keys, CancellationToken cancellation)
    {
        foreach (var (pk, sk) in keys)
        {
            Add(sk, UnitsOf(_bytes.GetValueOrDefault((pk, sk))));
        }

        return store.Delete(keys, cancellation);
    }

    private static int UnitsOf(int bytes) => Math.Max(1, (bytes + 1_023) / 1_024);

    private void Charge(IEnumerable<StateItem> items, int unitsPerKilobyte)
    {
        foreach (var item in items)
        {
            var bytes = StateAttributes.SizeOf(item);
            var before = _bytes.GetValueOrDefault((item.Pk, item.Sk));
            _bytes[(item.Pk, item.Sk)] = bytes;
            Add(item.Sk, unitsPerKilobyte * UnitsOf(Math.Max(bytes, before)));
        }
    }

    private void Add(string sk, long units) => Units.AddOrUpdate(sk.Split('#')[0], units, (_, sum) => sum + units);
}
