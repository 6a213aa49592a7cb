using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// The keys of a shard that are still remembered, in memory: 20 bytes per key when full, a fixed bound. Keys belong to cohorts (those of one
/// expiry time, at most 1/64 of the bound each); when there is no room, the cohort that expires first leaves whole. One thread at a time. Owner: who made it.
/// </summary>
public sealed class SeenSet : IDisposable
{
    /// <summary>The greatest bound of a set. <c>dedup.maxKeys</c>.</summary>
    public const int KeysLimit = 100_000_000;

    private const int CohortsPerSet = 64;

    /// <summary>Keys whose place is being fetched while others are looked up: as many as a core has misses in flight.</summary>
    private const int FetchedAhead = 12;

    private readonly int _cohortKeysMax;
    private readonly SeenCohorts _cohorts;
    private readonly SeenTables _tables;

    /// <param name="keysMax">Most keys remembered, 1 to <see cref="KeysLimit"/>. <c>dedup.maxKeys</c>.</param>
    public SeenSet(int keysMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keysMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keysMax, KeysLimit);
        KeysMax = keysMax;
        _cohortKeysMax = Math.Max(1, keysMax / CohortsPerSet);
        _cohorts = new SeenCohorts(_cohortKeysMax);
        _tables = SeenTables.For(keysMax);
    }

    public int KeysMax { get; }

    /// <summary>Keys remembered, expired ones that have not left yet included.</summary>
    public int Count { get; private set; }

    /// <summary>Live keys that left early for want of room, so far.</summary>
    public long EvictedKeys { get; private set; }

    /// <summary>How much too early the worst of them left: what copies may arrive within and not be recognised, microseconds. 0: the horizon holds.</summary>
    public long ShortenedHorizonUs { get; private set; }

    /// <summary>Remembers a key.</summary>
    /// <param name="fingerprint">From <see cref="KeyFingerprints"/>.</param>
    /// <param name="arrivalUs">When the record arrived, microseconds since the epoch.</param>
    /// <param name="expiresAtUs">From <see cref="SeenHorizon"/>.</param>
    /// <returns>False when a live copy is remembered: one that expires after <paramref name="arrivalUs"/>. It stays as it is.</returns>
    public bool Add(UInt128 fingerprint, long arrivalUs, long expiresAtUs)
    {
        var isNew = TryAdd(fingerprint, arrivalUs, expiresAtUs);

        // What a table's memory is reachable from: as long as somebody works on it, its finalizer must not free it.
        GC.KeepAlive(this);
        return isNew;
    }

    /// <summary>Remembers the keys of a batch, as if one after the other.</summary>
    /// <param name="fingerprints">One per row.</param>
    /// <param name="arrivalsUs">When the rows arrived, microseconds since the epoch.</param>
    /// <param name="horizon">Until when they are remembered.</param>
    /// <param name="isCopy">One per row; becomes whether a live copy was remembered.</param>
    internal void Add(ReadOnlySpan<UInt128> fingerprints, ReadOnlySpan<long> arrivalsUs, SeenHorizon horizon, Span<bool> isCopy)
    {
        var expiry = SeenExpiry.None;
        for (var row = 0; row < fingerprints.Length; row++)
        {
            if (row + FetchedAhead < fingerprints.Length)
            {
                ref readonly var next = ref fingerprints[row + FetchedAhead];
                _tables.Of(next).Prefetch(next);
            }

            var arrivalUs = arrivalsUs[row];
            if (!expiry.IsOf(arrivalUs))
            {
                expiry = horizon.ExpiryOf(arrivalUs);
            }

            isCopy[row] = !TryAdd(fingerprints[row], arrivalUs, expiry.ExpiresAtUs);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Remembers a stored segment, as a cold start does for all that are live, in any order.</summary>
    /// <param name="segment">What an earlier batch added.</param>
    /// <param name="arrivalUs">No record to come arrived before this: a segment that expired by then is skipped.</param>
    public void Load(SeenSegment segment, long arrivalUs)
    {
        if (segment.ExpiresAtUs <= arrivalUs)
        {
            return;
        }

        foreach (var fingerprint in segment.Fingerprints.Span)
        {
            // Whatever expires first leaves: the longest memory of a key is the one that counts.
            ref var cohort = ref _tables.Of(fingerprint).Find(fingerprint, _cohorts, out _);
            var knownUntilUs = Unsafe.IsNullRef(ref cohort) ? SeenCohorts.Gone : _cohorts.ExpiresAtUs(cohort);
            if (knownUntilUs < segment.ExpiresAtUs)
            {
                Add(fingerprint, Math.Max(arrivalUs, knownUntilUs), segment.ExpiresAtUs);
            }
        }

        GC.KeepAlive(this);
    }

    /// <summary>Forgets keys that expired by <paramref name="arrivalUs"/>: no record to come arrived before it.</summary>
    public void DropExpired(long arrivalUs) => RemoveCohorts(arrivalUs, keysToFree: 0);

    public void Dispose() => _tables.Dispose();

    private bool TryAdd(UInt128 fingerprint, long arrivalUs, long expiresAtUs)
    {
        ref var cohort = ref _tables.Of(fingerprint).Find(fingerprint, _cohorts, out var at);
        if (!Unsafe.IsNullRef(ref cohort))
        {
            if (_cohorts.ExpiresAtUs(cohort) > arrivalUs)
            {
                return false;
            }

            _cohorts.Leave(cohort);
            cohort = _cohorts.Join(expiresAtUs);
            return true;
        }

        if (Count >= KeysMax)
        {
            // Expired cohorts leave first; then those that expire soonest, until 1/64 of the bound is free.
            RemoveCohorts(arrivalUs, _cohortKeysMax);
        }

        _tables.Insert(fingerprint, _cohorts.Join(expiresAtUs), at, _cohorts);
        Count++;
        return true;
    }

    private void RemoveCohorts(long arrivalUs, int keysToFree)
    {
        var freed = 0;
        while (!_cohorts.IsEmpty && (freed < keysToFree || _cohorts.Earliest.ExpiresAtUs <= arrivalUs))
        {
            var (expiresAtUs, number) = _cohorts.Earliest;
            var keys = _cohorts.Remove(number);
            freed += keys;
            Count -= keys;
            if (expiresAtUs > arrivalUs)
            {
                EvictedKeys += keys;
                ShortenedHorizonUs = Math.Max(ShortenedHorizonUs, expiresAtUs - arrivalUs);
            }
        }
    }
}
