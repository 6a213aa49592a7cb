namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>
/// Counts by bin of one sign of a <see cref="QuantileSketch"/>: the highest <see cref="BinsMax"/> bins, whatever lies below counted in the lowest
/// of them. A bin only ever moves up, to (highest − BinsMax + 1), so the outcome does not depend on the order.
/// Up to <see cref="SparseMax"/> bins are a sorted list, since most groups of a metric with many of them have a few values each; more are an array with all bins between.
/// </summary>
internal sealed class LogBins
{
    public const int BinsMax = 2048;

    /// <summary>Five bytes of count and up to two of distance per bin.</summary>
    public const int EncodedBytesMax = 8 + (BinsMax * 7);

    /// <summary>Beyond any real count, and small enough that sums of three cannot overflow.</summary>
    public const long CountMax = 1L << 60;

    private const int SparseMax = 32;
    private const int SparseAtFirst = 4;

    /// <summary>Bins of doubles at γ = 1.02 lie within ± 37,300.</summary>
    private const int BinMagnitudeMax = 1 << 16;
    private const int RoomMin = 16;

    /// <summary>The bins that have a count, in ascending order; null: all from <see cref="_low"/> on, with or without one.</summary>
    private int[]? _bins;
    private int _used;

    private long[] _counts;
    private int _low;
    private int _highest = int.MinValue;

    public LogBins() => (_bins, _counts) = (new int[SparseAtFirst], new long[SparseAtFirst]);

    private LogBins(int[] bins, long[] counts, long total) => (_bins, _counts, _used, _highest, Total) = (bins, counts, bins.Length, bins[^1], total);

    /// <summary>For a sketch without values of a sign; nothing is added to it.</summary>
    public static LogBins None { get; } = new();

    public long Total { get; private set; }

    /// <summary>How many counts there are, zeros included when they are an array.</summary>
    private int Length => _bins is null ? _counts.Length : _used;

    public void Add(int bin, long count)
    {
        Total += count;
        var index = bin - _low;
        if (_bins is null && (uint)index < (uint)_counts.Length && bin <= _highest && bin > _highest - BinsMax)
        {
            _counts[index] += count;
        }
        else
        {
            AddOther(bin, count);
        }
    }

    public void Add(LogBins other)
    {
        if (Total == 0)
        {
            (_bins, _counts) = ((int[]?)other._bins?.Clone(), (long[])other._counts.Clone());
            (_used, _low, _highest, Total) = (other._used, other._low, other._highest, other.Total);
            return;
        }

        if (other._bins is null && _bins is not null)
        {
            BecomeArray(_bins);
        }

        // From above, so that the highest bin is known first and the array takes its final place at once.
        for (var i = other.Length - 1; i >= 0; i--)
        {
            if (other._counts[i] != 0)
            {
                Add(other.BinAt(i), other._counts[i]);
            }
        }
    }

    /// <summary>The bin of the value at <paramref name="rank"/>, from 0, in ascending order of magnitude.</summary>
    public int BinAtRank(long rank)
    {
        var floor = _highest - BinsMax + 1;
        for (var i = 0; i < Length; i++)
        {
            rank -= _counts[i];
            if (rank < 0)
            {
                return Math.Max(BinAt(i), floor);
            }
        }

        return _highest;
    }

    public void Write(ByteWriter writer)
    {
        Collapse();
        var used = 0;
        for (var i = 0; i < Length; i++)
        {
            used += _counts[i] != 0 ? 1 : 0;
        }

        writer.Count(used);
        var previous = 0;
        for (var i = 0; i < Length; i++)
        {
            if (_counts[i] != 0)
            {
                writer.ZigZag(BinAt(i) - previous);
                writer.Count(_counts[i]);
                previous = BinAt(i);
            }
        }
    }

    public static LogBins Read(ref ByteReader reader)
    {
        var used = reader.Count(BinsMax);
        if (used == 0)
        {
            return None;
        }

        var (bins, counts) = (new int[used], new long[used]);
        var (bin, total) = (0L, 0L);
        for (var i = 0; i < used; i++)
        {
            var step = reader.ZigZag();
            bin += Math.Clamp(step, -BinMagnitudeMax * 4, BinMagnitudeMax * 4);
            if (Math.Abs(bin) > BinMagnitudeMax || (i > 0 && step <= 0))
            {
                throw reader.Corrupt($"{bin} is no bin of a quantile sketch");
            }

            (bins[i], counts[i]) = ((int)bin, reader.Count(CountMax - total));
            total += counts[i];
        }

        var read = new LogBins(bins, counts, total);
        if (used > SparseMax)
        {
            read.BecomeArray(bins);
        }

        return read;
    }

    /// <summary>To a list, or where the array does not reach.</summary>
    private void AddOther(int bin, long count)
    {
        _highest = Math.Max(_highest, bin);
        bin = Math.Max(bin, _highest - BinsMax + 1);
        if (_bins is not null)
        {
            AddToList(_bins, bin, count);
        }
        else
        {
            AddToArray(bin, count);
        }
    }

    private int BinAt(int index) => _bins is null ? _low + index : _bins[index];

    private void AddToList(int[] bins, int bin, long count)
    {
        var at = bins.AsSpan(0, _used).BinarySearch(bin);
        if (at >= 0)
        {
            _counts[at] += count;
            return;
        }

        if (_used == SparseMax)
        {
            BecomeArray(bins);
            AddToArray(bin, count);
            return;
        }

        if (_used == bins.Length)
        {
            Array.Resize(ref bins, _used * 2);
            Array.Resize(ref _counts, _used * 2);
            _bins = bins;
        }

        at = ~at;
        bins.AsSpan(at, _used - at).CopyTo(bins.AsSpan(at + 1));
        _counts.AsSpan(at, _used - at).CopyTo(_counts.AsSpan(at + 1));
        (bins[at], _counts[at]) = (bin, count);
        _used++;
    }

    private void AddToArray(int bin, long count)
    {
        if ((uint)(bin - _low) >= (uint)_counts.Length)
        {
            Cover(bin);
        }

        _counts[bin - _low] += count;
    }

    private void BecomeArray(int[] bins)
    {
        var counts = _counts;
        _low = Math.Max(bins[0], _highest - BinsMax + 1);
        (_bins, _counts) = (null, new long[_highest - _low + 1]);
        for (var i = 0; i < _used; i++)
        {
            _counts[Math.Max(bins[i], _low) - _low] += counts[i];
        }
    }

    /// <summary>Counts that a raised highest bin has left below the range move into its lowest bin.</summary>
    private void Collapse()
    {
        var floor = _highest - BinsMax + 1;
        if (_bins is null)
        {
            if (_low < floor)
            {
                Cover(floor);
            }

            return;
        }

        // All below it and the floor itself become one.
        var (merged, count) = (0, 0L);
        while (merged < _used && _bins[merged] <= floor)
        {
            count += _counts[merged++];
        }

        if (merged > 0)
        {
            (_bins[merged - 1], _counts[merged - 1]) = (floor, count);
            _used -= merged - 1;
            _bins.AsSpan(merged - 1, _used).CopyTo(_bins);
            _counts.AsSpan(merged - 1, _used).CopyTo(_counts);
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
