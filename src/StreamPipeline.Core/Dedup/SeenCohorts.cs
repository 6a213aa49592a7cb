using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// The cohorts of a seen-set by number: keys of one expiry time, counted together. Numbers rise and are never given again, so a place in the
/// set that names a cohort which has left is free, without anybody having visited it. Owner: one <see cref="SeenSet"/>.
/// </summary>
/// <param name="cohortKeysMax">Most keys of a cohort.</param>
internal sealed class SeenCohorts(int cohortKeysMax)
{
    /// <summary>The expiry time of a cohort that has left, or never was.</summary>
    public const long Gone = long.MinValue;

    /// <summary>The cohort of each expiry time that takes new keys.</summary>
    private readonly Dictionary<long, int> _open = [];
    private readonly SortedSet<(long ExpiresAtUs, int Number)> _byExpiry = [];

    /// <summary>By number, from <see cref="_first"/> on; <see cref="Gone"/> where there is none.</summary>
    private long[] _expiresAtUs = NoneOf(16);
    private int[] _keys = new int[16];
    private int _first = 1;
    private int _last;

    /// <summary>The cohort that took the last key: a batch's keys share one or two. 0: none.</summary>
    private int _recent;

    /// <summary>How many have left.</summary>
    public long Left { get; private set; }

    public bool IsEmpty => _byExpiry.Count == 0;

    /// <summary>Who leaves first.</summary>
    public (long ExpiresAtUs, int Number) Earliest => _byExpiry.Min;

    /// <summary>Any number, 0 included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ExpiresAtUs(int number)
    {
        var expiresAtUs = _expiresAtUs;
        var at = (uint)(number - _first);
        return at < (uint)expiresAtUs.Length ? expiresAtUs[at] : Gone;
    }

    /// <summary>False for a cohort that has left and for 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsThere(int number) => ExpiresAtUs(number) != Gone;

    /// <summary>1 for a cohort that is there, else 0; without a branch, for loops over places of which nobody can foresee which are free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CountOf(int number)
    {
        var expiresAtUs = _expiresAtUs;
        long at = (uint)(number - _first);
        var isInside = (at - expiresAtUs.Length) >> 63;
        var known = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(expiresAtUs), (nint)(at & isInside));
        return Unsafe.BitCast<bool, byte>(known != Gone) & (int)isInside;
    }

    /// <summary>Counts one more key that expires then, and says which cohort it belongs to.</summary>
    public int Join(long expiresAtUs)
    {
        if (_recent != 0 && Takes(_recent, expiresAtUs))
        {
            _keys[_recent - _first]++;
            return _recent;
        }

        if (!_open.TryGetValue(expiresAtUs, out var number) || !Takes(number, expiresAtUs))
        {
            number = Open(expiresAtUs);
        }

        _keys[number - _first]++;
        return _recent = number;
    }

    /// <summary>Counts one key less.</summary>
    public void Leave(int number)
    {
        if (--_keys[number - _first] == 0)
        {
            Remove(number);
        }
    }

    /// <summary>The cohort leaves whole.</summary>
    /// <returns>How many keys it had.</returns>
    public int Remove(int number)
    {
        var at = number - _first;
        var (expiresAtUs, keys) = (_expiresAtUs[at], _keys[at]);
        _byExpiry.Remove((expiresAtUs, number));
        if (_open.TryGetValue(expiresAtUs, out var open) && open == number)
        {
            _open.Remove(expiresAtUs);
        }

        _recent = _recent == number ? 0 : _recent;
        (_expiresAtUs[at], _keys[at]) = (Gone, 0);
        Left++;
        return keys;
    }

    private bool Takes(int number, long expiresAtUs) => ExpiresAtUs(number) == expiresAtUs && _keys[number - _first] < cohortKeysMax;

    private int Open(long expiresAtUs)
    {
        var number = checked(++_last);
        if (number - _first == _keys.Length)
        {
            Reserve();
        }

        _expiresAtUs[number - _first] = expiresAtUs;
        _open[expiresAtUs] = number;
        _byExpiry.Add((expiresAtUs, number));
        return number;
    }

    /// <summary>Numbers below the least one that is there need no place; what expires first mostly has it.</summary>
    private void Reserve()
    {
        var gone = _expiresAtUs.AsSpan().IndexOfAnyExcept(Gone);
        gone = gone < 0 ? _keys.Length : gone;
        var length = gone >= _keys.Length / 2 ? _keys.Length : _keys.Length * 2;
        var expiresAtUs = NoneOf(length);
        var keys = new int[length];
        _expiresAtUs.AsSpan(gone).CopyTo(expiresAtUs);
        _keys.AsSpan(gone).CopyTo(keys);
        (_expiresAtUs, _keys, _first) = (expiresAtUs, keys, _first + gone);
    }

    private static long[] NoneOf(int length)
    {
        var none = new long[length];
        none.AsSpan().Fill(Gone);
        return none;
    }
}
