using System.Numerics;

namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>
/// HyperLogLog with 2^14 registers: standard error 1.04/√16384 = 0.81 %. Up to <see cref="SparseMax"/> distinct values it holds
/// 25-bit register indexes instead, where linear counting is exact but for a hash collision (at 2,048 values, a count
/// that is off by one happens once in 16). Which form it takes depends on the set of values alone, so merging is exact.
/// Sources: S. Heule, M. Nunkesser, A. Hall, "HyperLogLog in Practice" (2013), section 5.3 for the sparse form; O. Ertl, "New cardinality
/// estimation algorithms for HyperLogLog sketches" (2017), algorithm 6, for an estimate without bias tables.
/// </summary>
internal sealed class DistinctSketch
{
    /// <summary>Most entries of the sparse form.</summary>
    public const int SparseMax = 2048;

    /// <summary>Largest encoded size, bytes: the registers and the form.</summary>
    public const int EncodedBytesMax = Registers + 8;

    private const int Precision = 14;
    private const int Registers = 1 << Precision;
    private const int RankMax = 64 - Precision + 1;
    private const int SparsePrecision = 25;
    private const int SparseRankMax = 64 - SparsePrecision + 1;
    private const int RankBits = 6;
    private const int SparseAtFirst = 8;

    private uint[] _sparse;
    private int _sparseCount;
    private byte[]? _registers;

    /// <param name="values">As many are expected, up to <see cref="SparseMax"/>.</param>
    public DistinctSketch(int values = 0) => _sparse = new uint[BitOperations.RoundUpToPowerOf2((uint)Math.Max(SparseAtFirst, (values * 4 / 3) + 1))];

    /// <param name="hash">64 well-mixed bits of the value.</param>
    public void Add(ulong hash)
    {
        if (_registers is not null)
        {
            Raise((int)(hash >> (64 - Precision)), BitOperations.LeadingZeroCount(hash << Precision) + 1);
            return;
        }

        var rank = Math.Min(BitOperations.LeadingZeroCount(hash << SparsePrecision) + 1, SparseRankMax);
        AddSparse(((uint)(hash >> (64 - SparsePrecision)) << RankBits) | (uint)rank);
    }

    public void Add(DistinctSketch other)
    {
        if (_registers is null && _sparseCount == 0)
        {
            (_sparse, _sparseCount, _registers) = ([.. other._sparse], other._sparseCount, (byte[]?)other._registers?.Clone());
            return;
        }

        if (other._registers is null)
        {
            foreach (var entry in other._sparse)
            {
                if (entry != 0)
                {
                    AddEntry(entry);
                }
            }

            return;
        }

        ToDense();
        var registers = _registers!;
        for (var i = 0; i < registers.Length; i++)
        {
            registers[i] = Math.Max(registers[i], other._registers[i]);
        }
    }

    /// <summary>The number of distinct values, estimated.</summary>
    public long Estimate()
    {
        if (_registers is null)
        {
            const double cells = 1 << SparsePrecision;
            return (long)Math.Round(cells * Math.Log(cells / (cells - _sparseCount)));
        }

        Span<int> histogram = stackalloc int[RankMax + 1];
        histogram.Clear();
        foreach (var rank in _registers)
        {
            histogram[rank]++;
        }

        var z = Registers * Tau(1 - (histogram[RankMax] / (double)Registers));
        for (var rank = RankMax - 1; rank >= 1; rank--)
        {
            z = 0.5 * (z + histogram[rank]);
        }

        z += Registers * Sigma(histogram[0] / (double)Registers);
        return (long)Math.Round(Registers * (Registers / (2 * Math.Log(2))) / z);
    }

    public void Write(ByteWriter writer)
    {
        if (_registers is not null)
        {
            writer.Count(SparseMax + 1);
            writer.Bytes(_registers);
            return;
        }

        Span<uint> entries = stackalloc uint[_sparseCount];
        var count = 0;
        foreach (var entry in _sparse)
        {
            if (entry != 0)
            {
                entries[count++] = entry;
            }
        }

        entries.Sort();
        writer.Count(count);
        uint previous = 0;
        foreach (var entry in entries)
        {
            writer.Varint(entry - previous);
            previous = entry;
        }
    }

    public static DistinctSketch Read(ref ByteReader reader)
    {
        var count = (int)reader.Count(SparseMax + 1);
        if (count <= SparseMax)
        {
            var sketch = new DistinctSketch(count);
            ulong entry = 0;
            for (var i = 0; i < count; i++)
            {
                entry += (ulong)reader.Count(uint.MaxValue);
                var rank = entry & ((1 << RankBits) - 1);
                if (rank is 0 or > SparseRankMax || entry >> (SparsePrecision + RankBits) != 0)
                {
                    throw reader.Corrupt($"{entry} is no entry of a distinct sketch");
                }

                sketch.AddSparse((uint)entry);
            }

            return sketch;
        }

        var registers = reader.Bytes(Registers).ToArray();
        return registers.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)RankMax) < 0
            ? new DistinctSketch { _registers = registers, _sparse = [] }
            : throw reader.Corrupt("a register of a distinct sketch is out of range");
    }

    private void AddEntry(uint entry)
    {
        if (_registers is null)
        {
            AddSparse(entry);
        }
        else
        {
            RaiseFrom(entry);
        }
    }

    /// <summary>Open addressing by index; the higher rank of an index stays.</summary>
    private void AddSparse(uint entry)
    {
        var mask = _sparse.Length - 1;
        var at = (int)((entry >> RankBits) * 0x9E3779B1u >> 8) & mask;
        while (_sparse[at] != 0)
        {
            if (_sparse[at] >> RankBits == entry >> RankBits)
            {
                _sparse[at] = Math.Max(_sparse[at], entry);
                return;
            }

            at = (at + 1) & mask;
        }

        if (_sparseCount == SparseMax)
        {
            ToDense();
            RaiseFrom(entry);
            return;
        }

        _sparse[at] = entry;
        _sparseCount++;
        if (_sparseCount * 4 > _sparse.Length * 3)
        {
            var old = _sparse;
            _sparse = new uint[old.Length * 2];
            _sparseCount = 0;
            foreach (var kept in old)
            {
                if (kept != 0)
                {
                    AddSparse(kept);
                }
            }
        }
    }

    private void ToDense()
    {
        if (_registers is not null)
        {
            return;
        }

        _registers = new byte[Registers];
        foreach (var entry in _sparse)
        {
            if (entry != 0)
            {
                RaiseFrom(entry);
            }
        }

        _sparse = [];
        _sparseCount = 0;
    }

    /// <summary>The 25 index bits are 14 of the register and the first 11 that its rank counts.</summary>
    private void RaiseFrom(uint entry)
    {
        const int extraBits = SparsePrecision - Precision;
        var index = entry >> RankBits;
        var extra = index & ((1u << extraBits) - 1);
        var rank = extra != 0
            ? BitOperations.LeadingZeroCount(extra << (32 - extraBits)) + 1
            : extraBits + (int)(entry & ((1u << RankBits) - 1));
        Raise((int)(index >> extraBits), rank);
    }

    private void Raise(int register, int rank)
    {
        var bounded = (byte)Math.Min(rank, RankMax);
        if (bounded > _registers![register])
        {
            _registers[register] = bounded;
        }
    }

    private static double Sigma(double x)
    {
        if (x == 1)
        {
            return double.PositiveInfinity;
        }

        double y = 1, z = x, before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (z != before);
        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
        {
            return 0;
        }

        double y = 1, z = 1 - x, before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (z != before);
        return z / 3;
    }
}
