namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// In which order an object's members come: which one was seen right behind which other one, as a graph without circles, and a rank for each that rises along it. So who goes
/// from member to member by what was seen meets none twice, and those of a rank in between are missing for good.
/// </summary>
internal sealed class MemberOrder
{
    /// <summary>Stands for the object's beginning.</summary>
    public const int Start = -1;

    /// <summary>Stands for the object's end.</summary>
    public const int End = int.MaxValue;

    private readonly List<List<int>> _behind;
    private List<int> _ranks;
    private List<int> _byRank;

    /// <summary>Something was put behind what it has no higher rank than.</summary>
    private bool _isStale;

    /// <param name="count">The contract's members, which have its order as long as nothing was seen.</param>
    public MemberOrder(int count)
    {
        (_behind, _ranks, _byRank) = ([], [], []);
        Reserve(count);
    }

    private MemberOrder(MemberOrder other)
    {
        _behind = [.. other._behind.Select(behind => behind.ToList())];
        (_ranks, _byRank, _isStale) = ([.. other._ranks], [.. other._byRank], other._isStale);
    }

    private int Count => _behind.Count;

    public MemberOrder Copy() => new(this);

    /// <summary>Whether a member that was seen right behind another one comes before it by what is known.</summary>
    /// <param name="from">Or <see cref="Start"/>.</param>
    /// <param name="to">Or <see cref="End"/>.</param>
    public bool Contradicts(int from, int to) =>
        from != Start && to != End && Math.Max(from, to) < Count && (_isStale || _ranks[from] >= _ranks[to]) && Reaches(to, from);

    /// <summary>Notes that a member was seen right behind another one; false: it contradicts what is known, and nothing is noted.</summary>
    /// <param name="from">Or <see cref="Start"/>.</param>
    /// <param name="to">Or <see cref="End"/>.</param>
    public bool TryAdd(int from, int to)
    {
        Reserve(from + 1);
        Reserve(to == End ? 0 : to + 1);
        if (Contradicts(from, to))
        {
            return false;
        }

        if (from != Start && to != End && !_behind[from].Contains(to))
        {
            _isStale |= _ranks[from] >= _ranks[to];
            _behind[from].Add(to);
        }

        return true;
    }

    /// <summary>Gives ranks anew where that is due. Those that nothing puts behind others keep the contract's order.</summary>
    /// <returns>Whether there are other ones now.</returns>
    /// <remarks>Source: A. Kahn, "Topological sorting of large networks" (1962).</remarks>
    public bool Rank()
    {
        if (!_isStale)
        {
            return false;
        }

        var before = new int[Count];
        foreach (var member in _behind.SelectMany(behind => behind))
        {
            before[member]++;
        }

        var free = new SortedSet<int>(Enumerable.Range(0, Count).Where(member => before[member] == 0));
        (_ranks, _byRank, _isStale) = ([.. new int[Count]], [.. new int[Count]], false);
        for (var rank = 0; rank < Count; rank++)
        {
            var member = free.Min;
            free.Remove(member);
            (_ranks[member], _byRank[rank]) = (rank, member);
            free.UnionWith(_behind[member].Where(next => --before[next] == 0));
        }

        return true;
    }

    /// <summary>The members that are missing where one is seen right behind another one.</summary>
    /// <param name="from">Or <see cref="Start"/>.</param>
    /// <param name="to">Or <see cref="End"/>.</param>
    public IReadOnlyList<int> Between(int from, int to)
    {
        var (first, end) = (from == Start ? 0 : _ranks[from] + 1, to == End ? Count : _ranks[to]);
        return _byRank[first..end];
    }

    /// <summary>Members beside the contract come last, as long as nothing was seen.</summary>
    private void Reserve(int count)
    {
        while (Count < count)
        {
            _ranks.Add(Count);
            _byRank.Add(Count);
            _behind.Add([]);
        }
    }

    private bool Reaches(int from, int to)
    {
        var visited = new HashSet<int>();
        var waiting = new Stack<int>([from]);
        while (waiting.TryPop(out var member))
        {
            if (member == to)
            {
                return true;
            }

            if (visited.Add(member))
            {
                _behind[member].ForEach(waiting.Push);
            }
        }

        return false;
    }
}
