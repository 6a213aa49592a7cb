using System.Numerics;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// The fingerprints that a seen-set remembers, in the order in which they came: chunks of keys of one cohort. A key is known by its position; positions rise and are never given again, so one whose
/// cohort has left says so by itself. Owner: one <see cref="SeenSet"/>.
/// </summary>
/// <param name="cohortKeysMax">Most keys of a cohort: what a chunk need not exceed.</param>
internal sealed class SeenLog(int cohortKeysMax)
{
    /// <summary>64 KiB, of which a cohort leaves half empty on average.</summary>
    private const int ChunkKeysMax = 4_096;
    private const int ChunkKeysMin = 16;

    /// <summary>Chunks kept for the next cohort when one leaves.</summary>
    private const int SpareMax = 64;

    private readonly int _chunkLog2 = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(cohortKeysMax, ChunkKeysMin, ChunkKeysMax)));
    private readonly Stack<UInt128[]> _spare = [];

    /// <summary>Where the next key of a cohort goes, unless that is in a new chunk; without the cohort that took the last key.</summary>
    private readonly Dictionary<int, long> _open = [];

    /// <summary>By number of the chunk, from <see cref="_first"/> on; cohort 0 where it has left.</summary>
    private UInt128[][] _chunks = new UInt128[16][];
    private int[] _cohorts = new int[16];
    private long _first = 1;
    private int _count;

    /// <summary>The cohort that took the last key; 0: none.</summary>
    private int _recent;

    /// <summary>Where its next key goes; 0: into a new chunk.</summary>
    private long _next;

    /// <summary>How many cohorts have left: while that stays, no key goes.</summary>
    public long Left { get; private set; }

    /// <summary>Remembers a key.</summary>
    /// <returns>Its position, above 0.</returns>
    public long Append(UInt128 fingerprint, int cohort)
    {
        if (cohort != _recent)
        {
            Turn(cohort);
        }

        var position = _next == 0 ? Open(cohort) : _next;
        var within = (1L << _chunkLog2) - 1;
        _chunks[(int)((position >> _chunkLog2) - _first)][(int)(position & within)] = fingerprint;
        _next = (position & within) == within ? 0 : position + 1;
        return position;
    }

    /// <summary>The cohort of a key; 0 when it has left.</summary>
    public int CohortOf(long position)
    {
        var cohorts = _cohorts;
        var at = (ulong)((position >> _chunkLog2) - _first);
        return at < (ulong)cohorts.Length ? cohorts[(int)at] : 0;
    }

    /// <summary>Whether this is the key there, whose cohort has not left.</summary>
    public bool Holds(long position, UInt128 fingerprint) =>
        _chunks[(int)((position >> _chunkLog2) - _first)][(int)(position & ((1L << _chunkLog2) - 1))] == fingerprint;

    /// <summary>Forgets the keys of a cohort.</summary>
    public void Drop(int cohort)
    {
        Left++;
        _open.Remove(cohort);
        if (_recent == cohort)
        {
            (_recent, _next) = (0, 0);
        }

        for (var i = 0; i < _count; i++)
        {
            if (_cohorts[i] == cohort)
            {
                _cohorts[i] = 0;
                if (_spare.Count < SpareMax)
                {
                    _spare.Push(_chunks[i]);
                }

                _chunks[i] = [];
            }
        }
    }

    private void Turn(int cohort)
    {
        if (_next != 0)
        {
            _open[_recent] = _next;
        }

        _recent = cohort;
        _next = _open.Remove(cohort, out var next) ? next : 0;
    }

    private long Open(int cohort)
    {
        if (_count == _chunks.Length)
        {
            Reserve();
        }

        if (_first + _count >= 1L << (SeenTable.PositionBits - _chunkLog2))
        {
            throw new InvalidOperationException($"a shard's seen-set has taken 2^{SeenTable.PositionBits} keys since this process loaded it; start the process again");
        }

        // Pinned ones are not moved from generation to generation.
        _chunks[_count] = _spare.TryPop(out var spare) ? spare : GC.AllocateUninitializedArray<UInt128>(1 << _chunkLog2, pinned: true);
        _cohorts[_count] = cohort;
        return (_first + _count++) << _chunkLog2;
    }

    /// <summary>Chunks before the first that is there need no place; what expires first mostly has them.</summary>
    private void Reserve()
    {
        var gone = _cohorts.AsSpan().IndexOfAnyExcept(0);
        gone = gone < 0 ? _count : gone;
        var length = gone >= _count / 2 ? _count : _count * 2;
        var chunks = new UInt128[length][];
        var cohorts = new int[length];
        _chunks.AsSpan(gone, _count - gone).CopyTo(chunks);
        _cohorts.AsSpan(gone, _count - gone).CopyTo(cohorts);
        (_chunks, _cohorts, _first, _count) = (chunks, cohorts, _first + gone, _count - gone);
    }
}
