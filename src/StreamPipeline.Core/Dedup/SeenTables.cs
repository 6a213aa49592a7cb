namespace StreamPipeline.Core.Dedup;

/// <summary>
/// The tables of a seen-set by the first bits of the fingerprint: one at first, which is enlarged until it has its usual size, then split in two, and so on, one at a time.
/// What grows is within the caches, nobody waits for long, and no key is copied more than once each time the set doubles. Owner: the set. Not thread-safe.
/// Source: R. Fagin et al., "Extendible hashing" (1979).
/// </summary>
internal sealed class SeenTables : IDisposable
{
    /// <summary>A huge page.</summary>
    private const int TableBytesMax = 2 << 20;
    private const int PlaceBytes = 16;

    private readonly SeenMemory _memory;

    /// <summary>By the first <see cref="_depth"/> bits; a table that is less deep is there more than once, side by side.</summary>
    private SeenTable[] _tables;
    private int _depth;

    /// <param name="homesUsual">Of a table that is split rather than enlarged.</param>
    /// <param name="depthMax">A table that shares as many bits is enlarged, whatever comes.</param>
    public SeenTables(int homesUsual, int depthMax)
    {
        _memory = new SeenMemory(homesUsual + SeenTable.Spill);
        _tables = [new SeenTable(_memory, homesUsual, depthMax)];
    }

    /// <summary>Of the largest table.</summary>
    public int HomesLargest => _tables.Max(table => table.Homes);

    /// <summary>Tables for that many keys, 20 bytes each when full.</summary>
    public static SeenTables For(int keysMax)
    {
        var (homesUsual, depthMax) = SizeFor(keysMax);
        return new SeenTables(homesUsual, depthMax);
    }

    /// <summary>Homes of each table when all are there, and how deep they are then.</summary>
    public static (int HomesUsual, int DepthMax) SizeFor(int keysMax)
    {
        for (var depth = 0; ; depth++)
        {
            // Four standard deviations more than the share: which table a key falls into is chance.
            var share = keysMax / (double)(1 << depth);
            var homes = (int)Math.Ceiling((share + (4 * Math.Sqrt(share))) * 5 / 4);
            if ((homes + SeenTable.Spill) * (long)PlaceBytes <= TableBytesMax)
            {
                return (homes, depth);
            }
        }
    }

    public SeenTable Of(UInt128 fingerprint) => _tables[(int)((ulong)(fingerprint >> 65) >> (63 - _depth))];

    /// <summary>Adds a key that is not there.</summary>
    /// <param name="fingerprint">The key.</param>
    /// <param name="cohort">Its cohort, which counts it already.</param>
    /// <param name="at">From <see cref="SeenTable.Find"/>.</param>
    /// <param name="cohorts">Who is still there.</param>
    public void Insert(UInt128 fingerprint, int cohort, int at, SeenCohorts cohorts)
    {
        var table = Of(fingerprint);
        while (!table.TryInsert(fingerprint, cohort, at, cohorts))
        {
            var depth = table.Depth;
            if (table.Grow(cohorts) is { } upper)
            {
                Add(table, depth, upper);
                table = Of(fingerprint);
            }

            _ = table.Find(fingerprint, cohorts, out at);
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        _tables = [];
    }

    /// <param name="lower">Was there alone.</param>
    /// <param name="depth">How deep it was.</param>
    /// <param name="upper">Takes the second half of where it was.</param>
    private void Add(SeenTable lower, int depth, SeenTable upper)
    {
        if (depth == _depth)
        {
            _tables = [.. _tables.SelectMany(table => new[] { table, table })];
            _depth++;
        }

        var half = 1 << (_depth - depth - 1);
        _tables.AsSpan(Array.IndexOf(_tables, lower) + half, half).Fill(upper);
    }
}
