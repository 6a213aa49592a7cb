namespace StreamPipeline.Embedded.Kinesis;

/// <summary>What changes with every record of a shard, and the throttles.</summary>
/// <param name="shard">Its ordinal is where the records are.</param>
internal sealed class ShardTraffic(ShardState shard)
{
    private readonly Lock _reading = new();

    // Of the writer loop only.
    private RateBucket _writeRecords = new(KinesisLimits.ShardWriteRecords);
    private RateBucket _writeBytes = new(KinesisLimits.ShardWriteBytes);

    // Under _reading.
    private RateBucket _readCalls = new(KinesisLimits.ShardReadCalls);
    private RateBucket _readBytes = new(KinesisLimits.ShardReadBytes);

    private long _lastVisible;

    public ShardState Shard => shard;

    /// <summary>Index of the last record that was given one. The writer loop's.</summary>
    public long LastIndex { get; set; }

    /// <summary>Arrival of that record, ms since 1970: those of later ones are not before it, whatever the clock does. The writer loop's.</summary>
    public long LastArrivalMs { get; set; }

    /// <summary>Index of the last record that is on the disk: as far as readers see. 0 when there is none.</summary>
    public long LastVisible
    {
        get => Volatile.Read(ref _lastVisible);
        set => Volatile.Write(ref _lastVisible, value);
    }

    /// <summary>Takes a record's share of the write throughput, or none when there is not enough.</summary>
    public bool TryWrite(int bytes, long nowTicks)
    {
        if (!_writeRecords.Has(1, nowTicks) || !_writeBytes.Has(bytes, nowTicks))
        {
            return false;
        }

        _writeRecords.Take(1);
        _writeBytes.Take(bytes);
        return true;
    }

    /// <summary>Takes a call's share of the read throughput. A call is let through while earlier ones did not run into debt.</summary>
    public bool TryRead(long nowTicks)
    {
        lock (_reading)
        {
            if (!_readCalls.Has(1, nowTicks) || !_readBytes.Has(1, nowTicks))
            {
                return false;
            }

            _readCalls.Take(1);
            return true;
        }
    }

    public void Delivered(long bytes)
    {
        lock (_reading)
        {
            _readBytes.Take(bytes);
        }
    }
}
