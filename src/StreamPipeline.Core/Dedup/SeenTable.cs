using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// A part of a seen-set: where in the <see cref="SeenLog"/> its keys are, by open addressing with linear probing. A place is one word, the first bits of the key (which are also where it belongs) and its
/// position in the log; so a key that is not there is known without a look at any other key, from one or two lines of memory of a table that is small for the processor's caches and address translation.
/// A key whose cohort has left makes room by that alone.
/// </summary>
/// <param name="homesFull">As many as its share of the bound needs.</param>
/// <param name="bitsAbove">First bits that all its fingerprints share.</param>
internal sealed class SeenTable(int homesFull, int bitsAbove)
{
    /// <summary>Four trillion keys: seven weeks of a million a second.</summary>
    public const int PositionBits = 42;

    private const int TagBits = 64 - PositionBits;
    private const ulong PositionMask = (1UL << PositionBits) - 1;
    private const int HomesMin = 16;

    /// <summary>0: free.</summary>
    private ulong[] _places = [];

    /// <summary>Places that are not free, those of cohorts that have left included; and how many they may be.</summary>
    private int _used;
    private int _usedMax;

    /// <summary><see cref="SeenLog.Left"/> when the table was built: while that stays, every place holds a key.</summary>
    private long _cohortsLeft;

    /// <summary>Asks the processor to fetch where a key is or would be.</summary>
    public unsafe void Prefetch(UInt128 fingerprint)
    {
        var places = _places;
        if (places.Length == 0)
        {
            return;
        }

        ref var home = ref places[Home(TagOf(fingerprint), places.Length)];
        if (Sse.IsSupported)
        {
            // A prefetch of an address that has moved meanwhile, or lies behind the array, does nothing.
            var line = (byte*)Unsafe.AsPointer(ref home);
            Sse.Prefetch0(line);
            Sse.Prefetch0(line + 56);
        }
        else
        {
            // A load whose value nobody waits for does the same.
            _used += (int)(home & 0);
        }
    }

    /// <summary>The position of a key; 0 when it is not there.</summary>
    /// <param name="fingerprint">The key.</param>
    /// <param name="log">What is still there.</param>
    /// <param name="at">Where it is or may be put; valid until something is inserted.</param>
    public long Find(UInt128 fingerprint, SeenLog log, out int at)
    {
        var places = _places;
        at = 0;
        if (places.Length == 0)
        {
            return 0;
        }

        var tag = TagOf(fingerprint);
        var isWhole = log.Left == _cohortsLeft;
        var room = -1;
        for (at = Home(tag, places.Length); places[at] is not 0 and var place; at = at + 1 == places.Length ? 0 : at + 1)
        {
            var position = (long)(place & PositionMask);
            if (!isWhole && log.CohortOf(position) == 0)
            {
                room = room < 0 ? at : room;
            }
            else if (place >> PositionBits == tag && log.Holds(position, fingerprint))
            {
                return position;
            }
        }

        at = room < 0 ? at : room;
        return 0;
    }

    /// <summary>The key that was found has another position now.</summary>
    public void Move(int at, long position) => _places[at] = (_places[at] & ~PositionMask) | (ulong)position;

    /// <summary>Adds a key that is not there.</summary>
    /// <param name="fingerprint">The key.</param>
    /// <param name="position">Where it is in the log.</param>
    /// <param name="at">From <see cref="Find"/>.</param>
    /// <param name="log">What is still there.</param>
    public void Insert(UInt128 fingerprint, long position, int at, SeenLog log)
    {
        var tag = TagOf(fingerprint);
        if (_places.Length == 0 || (_places[at] == 0 && ++_used > _usedMax))
        {
            Rebuild(log);
            at = FreeFrom(Home(tag, _places.Length), _places);
            _used++;
        }

        _places[at] = (tag << PositionBits) | (ulong)position;
    }

    /// <summary>The first bits behind those that all keys of the table share.</summary>
    private ulong TagOf(UInt128 fingerprint) => ((ulong)(fingerprint >> 64) << bitsAbove) >> PositionBits;

    /// <summary>Multiply-shift instead of a mask: the capacity need not be a power of two, so that the bound is used to the full.</summary>
    private static int Home(ulong tag, int homes) => (int)((tag * (uint)homes) >> TagBits);

    private static int FreeFrom(int at, ulong[] places)
    {
        while (places[at] != 0)
        {
            at = at + 1 == places.Length ? 0 : at + 1;
        }

        return at;
    }

    /// <summary>Leaves out what has left, and grows unless that has made room enough.</summary>
    private void Rebuild(SeenLog log)
    {
        var before = _places;
        var keys = 0;
        foreach (var place in before)
        {
            keys += place != 0 && log.CohortOf((long)(place & PositionMask)) != 0 ? 1 : 0;
        }

        // An eighth has to come before the next time, so rebuilding stays cheap.
        var places = new ulong[keys > _usedMax - (_usedMax / 8) || before.Length == 0 ? Larger() : before.Length];
        foreach (var place in before)
        {
            if (place != 0 && log.CohortOf((long)(place & PositionMask)) != 0)
            {
                places[FreeFrom(Home(place >> PositionBits, places.Length), places)] = place;
            }
        }

        (_places, _used, _cohortsLeft) = (places, keys, log.Left);

        // Above three quarters the way to a free place gets long; at its final size two thirds are keys that are there.
        _usedMax = (int)(places.Length * 3L / 4);
    }

    /// <summary>Twice as large while it is small; then by a half: doubling would leave half of what may be the largest thing in memory empty.</summary>
    private int Larger()
    {
        var homes = _places.Length;
        var next = homes < homesFull / 8 ? homes * 2L : homes * 3L / 2;
        next = homes < homesFull && next > homesFull ? homesFull : next;
        return (int)Math.Clamp(next, Math.Max(HomesMin, homes + 1L), Array.MaxLength);
    }
}
