using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// A part of a seen-set: open addressing with linear probing, the keys in ascending order. So a key that is not there is known after a few neighbours,
/// growing is one pass, and a key whose cohort has left makes room by that alone: nothing is ever swept.
/// Source: O. Amble, D. Knuth, "Ordered hash tables" (1974).
/// </summary>
/// <param name="homesFull">As many as its share of the bound needs.</param>
/// <param name="bitsAbove">First bits that all its fingerprints share.</param>
internal sealed unsafe class SeenTable(int homesFull, int bitsAbove) : IDisposable
{
    private const int HomesMin = 16;

    /// <summary>Places behind the last home, for keys pushed beyond it; the last one stays free and ends every search.</summary>
    private const int Spill = 64;

    private readonly SeenPlaces _places = new();
    private int _homes;

    /// <summary>Keys that have joined since the live ones were counted, those included; and how many it may be.</summary>
    private int _keys;
    private int _keysMax;

    /// <summary><see cref="SeenCohorts.Left"/> when they were counted.</summary>
    private long _cohortsLeft;

    public void Dispose()
    {
        _places.Dispose();
        _homes = 0;
    }

    /// <summary>Asks the processor to fetch where a key is or would be.</summary>
    public void Prefetch(UInt128 fingerprint)
    {
        if (_homes == 0)
        {
            return;
        }

        var home = _places.First + Home((ulong)(fingerprint >> 64));
        if (Sse.IsSupported)
        {
            // A prefetch behind the last place does nothing.
            Sse.Prefetch0(home);
            Sse.Prefetch0(home + 2);
        }
        else
        {
            // A load whose value nobody waits for does the same.
            _keys += home->Cohort & 0;
        }
    }

    /// <summary>The cohort of a key; a null reference when it is not there.</summary>
    /// <param name="fingerprint">The key.</param>
    /// <param name="cohorts">Who is still there.</param>
    /// <param name="at">Where it is or belongs; valid until something is inserted.</param>
    public ref int Find(UInt128 fingerprint, SeenCohorts cohorts, out int at)
    {
        at = 0;
        if (_homes == 0)
        {
            return ref Unsafe.NullRef<int>();
        }

        var (high, low) = ((ulong)(fingerprint >> 64), (ulong)fingerprint);
        at = PlaceOf(high, low);
        ref var place = ref _places.First[at];
        return ref place.High == high && place.Low == low && cohorts.IsThere(place.Cohort) ? ref place.Cohort : ref Unsafe.NullRef<int>();
    }

    /// <summary>Adds a key that is not there.</summary>
    /// <param name="fingerprint">The key.</param>
    /// <param name="cohort">Its cohort, which counts it already.</param>
    /// <param name="at">From <see cref="Find"/>.</param>
    /// <param name="cohorts">Who is still there.</param>
    public void Insert(UInt128 fingerprint, int cohort, int at, SeenCohorts cohorts)
    {
        var key = new SeenPlace { High = (ulong)(fingerprint >> 64), Low = (ulong)fingerprint, Cohort = cohort };
        if (_keys >= _keysMax && Grew(cohorts))
        {
            at = PlaceOf(key.High, key.Low);
        }

        while (!TryPut(key, at, cohorts))
        {
            // Keys pushed to the very end: by chance that does not happen.
            Rebuild(Larger(), cohorts);
            at = PlaceOf(key.High, key.Low);
        }

        _keys++;
    }

    /// <summary>Multiply-shift instead of a mask: the capacity need not be a power of two, so that the bound is used to the full.</summary>
    private int Home(ulong high) => (int)(((ulong)(uint)(high >> (32 - bitsAbove)) * (uint)_homes) >> 32);

    /// <summary>The first place from the key's home on that holds no smaller key. A free one holds what none is greater than, and the last one is free.</summary>
    private int PlaceOf(ulong high, ulong low)
    {
        var places = _places.First;
        var at = Home(high);
        while (places[at].High < high || (places[at].High == high && places[at].Low < low))
        {
            at++;
        }

        return at;
    }

    /// <summary>False when no place is free from there to the end.</summary>
    private bool TryPut(in SeenPlace key, int at, SeenCohorts cohorts)
    {
        var places = _places.First;
        var free = at;
        while (cohorts.IsThere(places[free].Cohort))
        {
            free++;
        }

        if (free == _places.Length - 1)
        {
            return false;
        }

        if (free > at)
        {
            // A place that is free again between the home and here is better: what moves comes nearer to its home, which is not behind this key's.
            var home = Home(key.High);
            var before = at - 1;
            while (before >= home && cohorts.IsThere(places[before].Cohort))
            {
                before--;
            }

            if (before >= home)
            {
                at--;
                _places.Span.Slice(before + 1, at - before).CopyTo(_places.Span[before..]);
            }
            else
            {
                _places.Span[at..free].CopyTo(_places.Span[(at + 1)..]);
            }
        }

        places[at] = key;
        return true;
    }

    /// <summary>Grows, unless cohorts have left, nobody knows with how many keys of this table, and those that are left are few enough.</summary>
    private bool Grew(SeenCohorts cohorts)
    {
        if (_homes > 0 && cohorts.Left != _cohortsLeft)
        {
            (_keys, _cohortsLeft) = (0, cohorts.Left);
            foreach (ref var place in _places.Span)
            {
                _keys += cohorts.CountOf(place.Cohort);
            }

            // An eighth has to come before the next count, so counting stays cheap.
            if (_keys < _keysMax - (_keysMax / 8))
            {
                return false;
            }
        }

        Rebuild(Larger(), cohorts);
        return true;
    }

    /// <summary>Twice as large while it is small; then by a half: doubling would leave half of what may be the largest thing in memory empty.</summary>
    private int Larger()
    {
        var next = _homes < homesFull / 8 ? _homes * 2L : _homes * 3L / 2;
        next = _homes < homesFull && next > homesFull ? homesFull : next;
        return (int)Math.Clamp(next, Math.Max(HomesMin, _homes + 1L), Array.MaxLength - Spill);
    }

    /// <summary>
    /// Within its memory: the keys move to the end, and from there in their order to where they belong. They fit, and no key that has not moved yet lies there: what is
    /// between a key's home and the end only grows.
    /// </summary>
    /// <param name="homes">More than there are.</param>
    /// <param name="cohorts">Who is still there.</param>
    private void Rebuild(int homes, SeenCohorts cohorts)
    {
        var before = _places.Length;
        _places.Grow(homes + Spill);
        _homes = homes;
        var first = Gather(before, cohorts);
        Spread(first);
        (_keys, _cohortsLeft) = (_places.Length - first, cohorts.Left);

        // 70 %: above it the way to a free place gets long. At its final size there is room for all that may be in the set, and then 80 % are filled.
        _keysMax = homes >= homesFull ? int.MaxValue : (int)(homes * 7L / 10);
    }

    /// <summary>Moves the keys that are there to the end.</summary>
    /// <returns>Where they begin.</returns>
    private int Gather(int length, SeenCohorts cohorts)
    {
        var places = _places.First;
        var first = _places.Length;
        for (var i = length - 1; i >= 0; i--)
        {
            // Written in any case: the next key that is there overwrites what is not. The place is this one, or one that was looked at.
            places[first - 1] = places[i];
            first -= cohorts.CountOf(places[i].Cohort);
        }

        return first;
    }

    /// <summary>Moves the keys from the end to their places; all others become free.</summary>
    /// <param name="first">Where they begin.</param>
    private void Spread(int first)
    {
        var places = _places.First;
        _places.Free(first);
        var next = 0;
        for (var from = first; from < _places.Length; from++)
        {
            var key = places[from];
            var ahead = Home(key.High) - next;
            var at = next + (ahead & ~(ahead >> 31));
            if (at > from)
            {
                throw new UnreachableException($"a key of the seen-set belongs to place {at} of {_places.Length}, behind {from}, where others wait that are to follow it");
            }

            places[from] = SeenPlace.Free;
            places[at] = key;
            next = at + 1;
        }
    }
}
