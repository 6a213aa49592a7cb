using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// The keys of a shard that are still remembered, in memory: 25 bytes per key when full, a fixed bound. Keys belong to cohorts (those of one
/// expiry time, at most 1/64 of the bound each); when there is no room, the cohort that expires first leaves whole. One thread at a time.
/// </summary>
public sealed class SeenSet
{
    private const int CohortsPerSet = 64;
    private const int CapacityMin = 64;

    private readonly int _cohortKeysMax;
    private readonly int _capacityMax;

    /// <summary>Cohorts by number, and the one of each expiry time that takes new keys.</summary>
    private readonly Dictionary<int, Cohort> _cohorts = [];
    private readonly Dictionary<long, int> _open = [];
    private readonly SortedSet<(long ExpiresAtUs, int Number)> _byExpiry = [];
    private int _lastCohort;

    /// <summary>The cohort that took the last key: a batch's keys share one or two.</summary>
    private int _recentNumber;
    private Cohort? _recent;

    /// <summary>Open addressing, linear probing; cohort 0 is a free slot.</summary>
    private UInt128[] _fingerprints = new UInt128[CapacityMin];
    private int[] _cohortOf = new int[CapacityMin];

    /// <param name="keysMax">Most keys remembered, 1 to 100,000,000. <c>dedup.maxKeys</c>.</param>
    public SeenSet(int keysMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keysMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keysMax, 100_000_000);
        KeysMax = keysMax;
        _cohortKeysMax = Math.Max(1, keysMax / CohortsPerSet);
        _capacityMax = Math.Max(CapacityMin, (int)(keysMax * 5L / 4) + 1);
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
        var slot = Find(fingerprint);
        var known = _cohortOf[slot];
        if (known != 0)
        {
            var cohort = known == _recentNumber && _recent is not null ? _recent : _cohorts[known];
            if (cohort.ExpiresAtUs > arrivalUs)
            {
                return false;
            }

            Leave(known, cohort);
            _cohortOf[slot] = Join(expiresAtUs);
            return true;
        }

        if (Count >= KeysMax)
        {
            MakeRoom(arrivalUs);
            slot = Find(fingerprint);
        }
        else if ((Count + 1) * 5L > _fingerprints.Length * 4L)
        {
            // By a quarter: doubling would leave half of what may be the largest thing in memory empty.
            Rehash((int)Math.Min(_capacityMax, _fingerprints.Length * 5L / 4));
            slot = Find(fingerprint);
        }

        _fingerprints[slot] = fingerprint;
        _cohortOf[slot] = Join(expiresAtUs);
        Count++;
        return true;
    }

    /// <summary>Asks the processor to fetch where a key is or would be: what <see cref="Add"/> waits for most, in a set larger than its caches.</summary>
    public unsafe void Prefetch(UInt128 fingerprint)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        var at = First(fingerprint, _fingerprints.Length);

        // A prefetch of an address that has moved meanwhile does nothing.
        Sse.Prefetch0(Unsafe.AsPointer(ref _fingerprints[at]));
        Sse.Prefetch0(Unsafe.AsPointer(ref _cohortOf[at]));
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
            var known = _cohortOf[Find(fingerprint)];
            if (known == 0 || _cohorts[known].ExpiresAtUs < segment.ExpiresAtUs)
            {
                Add(fingerprint, known == 0 ? arrivalUs : _cohorts[known].ExpiresAtUs, segment.ExpiresAtUs);
            }
        }
    }

    /// <summary>Forgets keys that expired by <paramref name="arrivalUs"/>: no record to come arrived before it.</summary>
    public void DropExpired(long arrivalUs)
    {
        if (_byExpiry.Count > 0 && _byExpiry.Min.ExpiresAtUs <= arrivalUs)
        {
            RemoveCohorts(arrivalUs, keysToFree: 0);
        }
    }

    /// <summary>Where the fingerprint is, or the free slot where it belongs.</summary>
    private int Find(UInt128 fingerprint)
    {
        var fingerprints = _fingerprints;
        var cohortOf = _cohortOf;

        var at = First(fingerprint, fingerprints.Length);
        while (cohortOf[at] != 0 && fingerprints[at] != fingerprint)
        {
            at = at + 1 == fingerprints.Length ? 0 : at + 1;
        }

        return at;
    }

    /// <summary>Multiply-shift instead of a mask: the capacity need not be a power of two, so that the bound is used to the full.</summary>
    private static int First(UInt128 fingerprint, int capacity) => (int)(((ulong)(uint)(fingerprint >> 96) * (ulong)capacity) >> 32);

    private int Join(long expiresAtUs)
    {
        if (_recent is { } recent && recent.ExpiresAtUs == expiresAtUs && recent.Keys < _cohortKeysMax)
        {
            recent.Keys++;
            return _recentNumber;
        }

        if (_open.TryGetValue(expiresAtUs, out var number) && _cohorts[number] is { } open && open.Keys < _cohortKeysMax)
        {
            open.Keys++;
            (_recentNumber, _recent) = (number, open);
            return number;
        }

        number = ++_lastCohort;
        (_recentNumber, _recent) = (number, new Cohort(expiresAtUs) { Keys = 1 });
        _cohorts.Add(number, _recent);
        _open[expiresAtUs] = number;
        _byExpiry.Add((expiresAtUs, number));
        return number;
    }

    private void Leave(int number, Cohort cohort)
    {
        if (--cohort.Keys == 0)
        {
            Forget(number, cohort.ExpiresAtUs);
        }
    }

    private void Forget(int number, long expiresAtUs)
    {
        if (number == _recentNumber)
        {
            _recent = null;
        }

        _cohorts.Remove(number);
        _byExpiry.Remove((expiresAtUs, number));
        if (_open.TryGetValue(expiresAtUs, out var open) && open == number)
        {
            _open.Remove(expiresAtUs);
        }
    }

    /// <summary>Expired cohorts leave first; then those that expire soonest, until 1/64 of the bound is free, so that sweeps stay rare.</summary>
    private void MakeRoom(long arrivalUs) => RemoveCohorts(arrivalUs, _cohortKeysMax);

    private void RemoveCohorts(long arrivalUs, int keysToFree)
    {
        var freed = 0;
        while (_byExpiry.Count > 0 && (freed < keysToFree || _byExpiry.Min.ExpiresAtUs <= arrivalUs))
        {
            var (expiresAtUs, number) = _byExpiry.Min;
            var keys = _cohorts[number].Keys;
            freed += keys;
            Count -= keys;
            if (expiresAtUs > arrivalUs)
            {
                EvictedKeys += keys;
                ShortenedHorizonUs = Math.Max(ShortenedHorizonUs, expiresAtUs - arrivalUs);
            }

            Forget(number, expiresAtUs);
        }

        Rehash(_fingerprints.Length);
    }

    /// <summary>Moves the keys of existing cohorts to a table of <paramref name="capacity"/> slots; the keys of removed ones are left behind.</summary>
    private void Rehash(int capacity)
    {
        var fingerprints = _fingerprints;
        var cohortOf = _cohortOf;
        _fingerprints = new UInt128[capacity];
        _cohortOf = new int[capacity];
        var (lives, gone) = (0, 0);
        for (var i = 0; i < fingerprints.Length; i++)
        {
            // Slots are in the order of the fingerprints' first bits in both tables: neighbours land near each other.
            var number = cohortOf[i];
            if (number == 0 || number == gone)
            {
                continue;
            }

            if (number != lives)
            {
                (lives, gone) = _cohorts.ContainsKey(number) ? (number, gone) : (lives, number);
            }

            if (number == lives)
            {
                var slot = Find(fingerprints[i]);
                _fingerprints[slot] = fingerprints[i];
                _cohortOf[slot] = number;
            }
        }
    }

    private sealed class Cohort(long expiresAtUs)
    {
        public long ExpiresAtUs => expiresAtUs;

        public int Keys { get; set; }
    }
}
