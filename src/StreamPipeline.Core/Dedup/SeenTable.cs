using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// A part of a seen-set: open addressing with linear probing, the keys in ascending order. So a key that is not there is known after a few neighbours,
/// growing is one pass, and a key whose cohort has left makes room by that alone: nothing is ever swept. Owner: <see cref="SeenTables"/>.
/// Source: O. Amble, D. Knuth, "Ordered hash tables" (1974).
/// </summary>
/// <param name="memory">Where its places lie.</param>
/// <param name="homesUsual">So many before it is split rather than enlarged.</param>
/// <param name="depthMax">No table is split that is as deep.</param>
internal sealed unsafe class SeenTable(SeenMemory memory, int homesUsual, int depthMax)
{
    /// <summary>Places behind the last home, for keys pushed beyond it; the last one stays free and ends every search.</summary>
    public const int Spill = 64;

    private const int HomesMin = 16;

    private SeenPlace* _places;
    private int _length;
    private int _homes;

    /// <summary>Keys that have joined since the live ones were counted, those included; and how many it may be.</summary>
    private int _keys;
    private int _keysMax;

    /// <summary><see cref="SeenCohorts.Left"/> when they were counted.</summary>
    private long _cohortsLeft;

    /// <summary>First bits that all its fingerprints share.</summary>
    public int Depth { get; private set; }

    public int Homes => _homes;

    /// <summary>An eighth has to come before the next count, so counting stays cheap.</summary>
    private bool IsCrowded => _keys >= _keysMax - (_keysMax / 8);

    private Span<SeenPlace> Places => new(_places, _length);

    /// <summary>Asks the processor to fetch where a key is or would be.</summary>
    public void Prefetch(UInt128 fingerprint)
    {
        if (_homes == 0)
        {
            return;
        }

        var home = _places + Home((ulong)(fingerprint >> 64), _homes, Depth);
        if (Sse.IsSupported)
        {
            // A new key pushes its neighbours, which lie on the next lines. A prefetch behind the last place does nothing.
            Sse.Prefetch0(home);
            Sse.Prefetch0((byte*)home + SeenMemory.LineBytes);
            Sse.Prefetch0((byte*)home + (2 * SeenMemory.LineBytes));
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

        var (high, low) = Parts(fingerprint);
        var places = _places;
        at = Home(high, _homes, Depth);

        // The first place from the key's home on that holds no smaller key. A free one holds what none is greater than, and the last one is free.
        while (places[at].High < high || (places[at].High == high && places[at].Low < low))
        {
            at++;
        }

        ref var place = ref places[at];
        return ref place.High == high && place.Low == low && cohorts.IsThere(place.Cohort) ? ref place.Cohort : ref Unsafe.NullRef<int>();
    }

    /// <summary>Adds a key that is not there; false when the table has to grow first.</summary>
    /// <param name="fingerprint">The key.</param>
    /// <param name="cohort">Its cohort, which counts it already.</param>
    /// <param name="at">From <see cref="Find"/>.</param>
    /// <param name="cohorts">Who is still there.</param>
    public bool TryInsert(UInt128 fingerprint, int cohort, int at, SeenCohorts cohorts)
    {
        var (high, low) = Parts(fingerprint);
        if (IsFull(cohorts) || !TryPut(high, low, cohort, at, cohorts))
        {
            return false;
        }

        _keys++;
        return true;
    }

    /// <summary>Makes more homes for the keys that are there: it is split in two, or enlarged.</summary>
    /// <returns>The table of those keys whose next bit is set; null: it is still one.</returns>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public SeenTable? Grow(SeenCohorts cohorts)
    {
        var places = _places;
        var length = _length;
        SeenTable? upper = null;
        if (_homes < homesUsual || Depth >= depthMax || !IsCrowded)
        {
            Refill(places, length, Larger(_homes), Depth, cohorts);
        }
        else
        {
            // Which of them begins is known by the first key that is there: none lies before its home.
            var lower = _homes / 2;
            while (lower < length && !(cohorts.IsThere(places[lower].Cohort) && (places[lower].High << Depth >> 63) == 1))
            {
                lower++;
            }

            upper = new SeenTable(memory, homesUsual, depthMax);
            upper.Refill(places + lower, length - lower, homesUsual, Depth + 1, cohorts);
            Refill(places, lower, homesUsual, Depth + 1, cohorts);
        }

        memory.Return(places);
        return upper;
    }

    /// <summary>What of a fingerprint is kept: <see cref="SeenSegment.KeptOf"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (ulong High, uint Low) Parts(UInt128 fingerprint) => ((ulong)(fingerprint >> 64), (uint)((ulong)fingerprint >> 32));

    /// <summary>Multiply-shift instead of a mask: the homes need not be a power of two, so that the bound is used to the full.</summary>
    private static int Home(ulong high, int homes, int depth) => (int)(((ulong)(uint)(high >> (32 - depth)) * (uint)homes) >> 32);

    /// <summary>Copies the keys that are there to their places, all others of which become free; without a branch that nobody can foresee.</summary>
    /// <returns>How many; -1 when they do not fit: the last place has to stay free.</returns>
    private static int Spread(ReadOnlySpan<SeenPlace> from, Span<SeenPlace> to, int depth, SeenCohorts cohorts)
    {
        MemoryMarshal.AsBytes(to).Fill(byte.MaxValue);
        var homes = to.Length - Spill;
        ref var first = ref MemoryMarshal.GetReference(to);
        var (next, keys) = (0, 0);
        foreach (ref readonly var place in from)
        {
            var there = cohorts.CountOf(place.Cohort);
            var ahead = Home(place.High, homes, depth) - next;
            var at = next + (ahead & ~(ahead >> 31));
            if (at >= to.Length - 1 && there != 0)
            {
                return -1;
            }

            // What is not there is written as free to where nothing is yet: all that is behind the last key is free.
            var gone = there - 1;
            ref var target = ref Unsafe.Add(ref first, at);
            target.High = place.High | (ulong)(long)gone;
            target.Low = place.Low | (uint)gone;
            target.Cohort = place.Cohort | gone;
            next += (at + 1 - next) & ~gone;
            keys += there;
        }

        return keys;
    }

    /// <summary>Twice as many up to the usual number. Beyond it, where chance was unkind, by a half: doubling would leave half of what may be the largest thing in memory empty.</summary>
    private int Larger(int homes)
    {
        var next = homes < homesUsual ? homes * 2L : homes * 3L / 2;
        next = homes < homesUsual && next > homesUsual ? homesUsual : next;
        return (int)Math.Clamp(next, Math.Max(HomesMin, homes + 1L), (int.MaxValue / sizeof(SeenPlace)) - Spill);
    }

    /// <summary>Takes new places and those keys of <paramref name="from"/> that are there. Not those it had: they are the caller's.</summary>
    private void Refill(SeenPlace* from, int count, int homes, int depth, SeenCohorts cohorts)
    {
        while (true)
        {
            var length = homes + Spill;
            var places = memory.Take(length);
            var keys = Spread(new ReadOnlySpan<SeenPlace>(from, count), new Span<SeenPlace>(places, length), depth, cohorts);
            if (keys >= 0)
            {
                _places = places;
                (_length, _homes, Depth) = (length, homes, depth);
                (_keys, _cohortsLeft) = (keys, cohorts.Left);

                // 70 %: above it the way to a free place gets long. When it is not to grow any more there is room for all that may be in the set, and then 80 % are filled.
                _keysMax = depth >= depthMax && homes >= homesUsual ? int.MaxValue : (int)(homes * 7L / 10);
                return;
            }

            // Keys pushed to the very end: by chance that does not happen.
            memory.Return(places);
            homes = Larger(homes);
        }
    }

    /// <summary>Whether there are as many keys as may be, when those that have left, nobody knows how many, are not counted.</summary>
    private bool IsFull(SeenCohorts cohorts)
    {
        if (_keys < _keysMax)
        {
            return false;
        }

        if (_homes > 0 && cohorts.Left != _cohortsLeft)
        {
            (_keys, _cohortsLeft) = (0, cohorts.Left);
            foreach (ref var place in Places)
            {
                _keys += cohorts.CountOf(place.Cohort);
            }

            return IsCrowded;
        }

        return true;
    }

    /// <summary>False when no place is free from there to the end; then nothing has changed.</summary>
    private bool TryPut(ulong high, uint low, int cohort, int at, SeenCohorts cohorts)
    {
        var place = _places + at;
        if (cohorts.IsThere(place->Cohort))
        {
            return (cohorts.Left > 0 && TryPutBefore(high, low, cohort, at, cohorts)) || TryPush(high, low, cohort, at, cohorts);
        }

        if (at == _length - 1)
        {
            return false;
        }

        place->High = high;
        place->Low = low;
        place->Cohort = cohort;
        return true;
    }

    /// <summary>Pushes the keys from there on behind, up to a free place: each is moved as soon as it is known that it has to, so there is one loop whose end nobody can foresee.</summary>
    private bool TryPush(ulong high, uint low, int cohort, int at, SeenCohorts cohorts)
    {
        var place = _places + at;
        bool isThere;
        do
        {
            var (pushedHigh, pushedLow, pushedCohort) = (place->High, place->Low, place->Cohort);
            isThere = cohorts.IsThere(pushedCohort);
            place->High = high;
            place->Low = low;
            place->Cohort = cohort;
            (high, low, cohort) = (pushedHigh, pushedLow, pushedCohort);
            place++;
        }
        while (isThere);

        var next = (int)(place - _places) - 1;
        if (next < _length - 1)
        {
            return true;
        }

        // The last one has to stay free.
        Places[(at + 1)..].CopyTo(Places[at..]);
        MemoryMarshal.AsBytes(Places[^1..]).Fill(byte.MaxValue);
        return false;
    }

    /// <summary>
    /// A place that is free again between the key's home and where it belongs is better: what moves comes nearer to its home, which is not behind this key's. Without cohorts
    /// that have left there is none.
    /// </summary>
    private bool TryPutBefore(ulong high, uint low, int cohort, int at, SeenCohorts cohorts)
    {
        var places = _places;
        var home = Home(high, _homes, Depth);
        var before = at - 1;
        while (before >= home && cohorts.IsThere(places[before].Cohort))
        {
            before--;
        }

        if (before < home)
        {
            return false;
        }

        Places[(before + 1)..at].CopyTo(Places[before..]);
        places[at - 1] = new SeenPlace { High = high, Low = low, Cohort = cohort };
        return true;
    }
}
