namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>
/// Counts by bin of one sign of a <see cref="QuantileSketch"/>: the highest <see cref="BinsMax"/> bins, whatever lies below counted in the lowest
/// of them. A bin only ever moves up, to (highest − BinsMax + 1), so the outcome does not depend on the order.
/// </summary>
internal sealed class LogBins
{
    public const int BinsMax = 2048;

    /// <summary>Five bytes of count and up to two of distance per bin.</summary>
    public const int EncodedBytesMax = 8 + (BinsMax * 7);

    /// <summary>Beyond any real count, and small enough that sums of three cannot overflow.</summary>
    public const long CountMax = 1L << 60;

    /// <summary>Bins of doubles at γ = 1.02 lie within ± 37,300.</summary>
    private const int BinMagnitudeMax = 1 << 16;
    private const int RoomMin = 16;

    private long[] _counts = [];
    private int _low;
    private int _highest = int.MinValue;

    public long Total { get; private set; }

    public void Add(int bin, long count)
    {
        if (bin > _highest)
        {
            _highest = bin;
        }

        bin = Math.Max(bin, _highest - BinsMax + 1);
        if ((uint)(bin - _low) >= (uint)_counts.Length)
        {
            Cover(bin);
        }

        _counts[bin - _low] += count;
        Total += count;
    }

    public void Add(LogBins other)
    {
        // From above, so that the highest bin is known first and the array takes its final place at once.
        for (var i = other._counts.Length - 1; i >= 0; i--)
        {
            if (other._counts[i] != 0)
            {
                Add(other._low + i, other._counts[i]);
            }
        }
    }

    /// <summary>The bin of the value at <paramref name="rank"/>, from 0, in ascending order of magnitude.</summary>
    public int BinAtRank(long rank)
    {
        var floor = _highest - BinsMax + 1;
        for (var i = 0; i < _counts.Length; i++)
        {
            rank -= _counts[i];
            if (rank < 0)
            {
                return Math.Max(_low + i, floor);
            }
        }

        return _highest;
    }

    public void Write(ByteWriter writer)
    {
        Collapse();
        var used = 0;
        foreach (var count in _counts)
        {
            used += count != 0 ? 1 : 0;
        }

        writer.Count(used);
        var previous = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] != 0)
            {
                writer.ZigZag(_low + i - previous);
                writer.Count(_counts[i]);
                previous = _low + i;
            }
        }
    }

    public void Read(ref ByteReader reader)
    {
        var used = reader.Count(BinsMax);
        var bin = 0L;
        for (var i = 0; i < used; i++)
        {
            var step = reader.ZigZag();
            bin += Math.Clamp(step, -BinMagnitudeMax * 4, BinMagnitudeMax * 4);
            if (Math.Abs(bin) > BinMagnitudeMax || (i > 0 && step <= 0))
            {
                throw reader.Corrupt($"{bin} is no bin of a quantile sketch");
            }

            Add((int)bin, reader.Count(CountMax - Total));
        }
    }

    /// <summary>Counts that a raised highest bin has left below the range move into its lowest bin.</summary>
    private void Collapse()
    {
        var floor = _highest - BinsMax + 1;
        if (_counts.Length > 0 && _low < floor)
        {
            Cover(floor);
        }
    }

    private void Cover(int bin)
    {
        var floor = _highest - BinsMax + 1;
        var low = bin;
        var high = bin;
        if (_counts.Length > 0)
        {
            low = Math.Min(bin, Math.Max(_low, floor));
            high = Math.Max(bin, Math.Max(_low + _counts.Length - 1, floor));
        }

        // Room on the side that grew, half of what there is, so that a spreading group does not move at every value.
        var room = Math.Max(RoomMin, _counts.Length / 2);
        low = Math.Max(floor, bin == low ? low - room : low);
        high = Math.Min(low + BinsMax - 1, bin == high ? high + room : high);
        var counts = new long[Math.Max(high, bin) - low + 1];
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] != 0)
            {
                counts[Math.Max(_low + i, floor) - low] += _counts[i];
            }
        }

        _counts = counts;
        _low = low;
    }
}
