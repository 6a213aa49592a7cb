namespace StreamPipeline.Core.Tests.Dedup;

/// <summary>What a seen-set must do, in the plainest way: a dictionary of keys and a list of cohorts.</summary>
internal sealed class SeenOracle(int keysMax)
{
    private readonly Dictionary<UInt128, Cohort> _keys = [];
    private readonly List<Cohort> _cohorts = [];

    public int Count => _keys.Count;

    public long EvictedKeys { get; private set; }

    public long ShortenedHorizonUs { get; private set; }

    public bool Add(UInt128 key, long arrivalUs, long expiresAtUs)
    {
        if (_keys.TryGetValue(key, out var known))
        {
            if (known.ExpiresAtUs > arrivalUs)
            {
                return false;
            }

            if (--known.Keys == 0)
            {
                _cohorts.Remove(known);
            }

            _keys.Remove(key);
        }
        else if (_keys.Count >= keysMax)
        {
            Remove(arrivalUs, Math.Max(1, keysMax / 64));
        }

        // The youngest cohort of an expiry time is the one that takes keys.
        var cohort = _cohorts.FindLast(candidate => candidate.ExpiresAtUs == expiresAtUs);
        if (cohort is null || cohort.Keys >= Math.Max(1, keysMax / 64))
        {
            _cohorts.Add(cohort = new Cohort(expiresAtUs));
        }

        cohort.Keys++;
        _keys.Add(key, cohort);
        return true;
    }

    public void DropExpired(long arrivalUs) => Remove(arrivalUs, 0);

    private void Remove(long arrivalUs, int keysToFree)
    {
        var freed = 0;
        while (_cohorts.MinBy(cohort => cohort.ExpiresAtUs) is { } first && (freed < keysToFree || first.ExpiresAtUs <= arrivalUs))
        {
            freed += first.Keys;
            if (first.ExpiresAtUs > arrivalUs)
            {
                EvictedKeys += first.Keys;
                ShortenedHorizonUs = Math.Max(ShortenedHorizonUs, first.ExpiresAtUs - arrivalUs);
            }

            _cohorts.Remove(first);
            foreach (var key in _keys.Where(entry => entry.Value == first).Select(entry => entry.Key).ToList())
            {
                _keys.Remove(key);
            }
        }
    }

    private sealed class Cohort(long expiresAtUs)
    {
        public long ExpiresAtUs => expiresAtUs;

        public int Keys { get; set; }
    }
}
