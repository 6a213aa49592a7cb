namespace StreamPipeline.Core.Decoding;

/// <summary>One element of Records, as far as it was read.</summary>
internal struct LambdaRecord
{
    public string? Shard;
    public SequenceNumber? Sequence;
    public long? ArrivalUs;
    public ReadOnlyMemory<byte>? Data;
    public RecordFault? Fault;
}

/// <summary>Collects the records of a Lambda event by shard, their data in one buffer.</summary>
internal sealed class LambdaRecords(byte[] buffer)
{
    private readonly List<MicroBatch> _batches = [];
    private readonly Dictionary<string, List<StreamRecord>> _shards = new(StringComparer.Ordinal);
    private int _used;

    /// <summary>Index of the record that is being read.</summary>
    public int Count { get; private set; }

    /// <summary>Where the reader stands, to begin an error text with.</summary>
    public string Place => $"Records[{Count}] ";

    /// <summary>What is left of the buffer.</summary>
    public Memory<byte> Room => buffer.AsMemory(_used);

    public ReadOnlyMemory<byte> Take(int length)
    {
        _used += length;
        return buffer.AsMemory(_used - length, length);
    }

    /// <summary>Null, or what the record lacks.</summary>
    public string? Add(in LambdaRecord record)
    {
        if (record.Shard is null)
        {
            return "has no eventID, which names its shard";
        }

        if (record.Sequence is not { } sequence)
        {
            return "has no kinesis.sequenceNumber";
        }

        if (record.ArrivalUs is not { } arrivalUs)
        {
            return "has no kinesis.approximateArrivalTimestamp";
        }

        if (record.Data is not { } data)
        {
            return "has no kinesis.data";
        }

        if (!_shards.TryGetValue(record.Shard, out var records))
        {
            records = [];
            _shards.Add(record.Shard, records);
            _batches.Add(new MicroBatch(record.Shard, records));
        }

        records.Add(new StreamRecord(sequence, data, arrivalUs, record.Fault));
        Count++;
        return null;
    }

    /// <summary>Ascending by sequence number; of records with the same one, the first in the event stays.</summary>
    public IReadOnlyList<MicroBatch> ToBatches()
    {
        foreach (var records in _shards.Values)
        {
            if (!IsAscending(records))
            {
                var sorted = records.OrderBy(record => record.Sequence).DistinctBy(record => record.Sequence).ToArray();
                records.Clear();
                records.AddRange(sorted);
            }
        }

        return _batches;
    }

    private static bool IsAscending(List<StreamRecord> records)
    {
        for (var i = 1; i < records.Count; i++)
        {
            if (records[i].Sequence <= records[i - 1].Sequence)
            {
                return false;
            }
        }

        return true;
    }
}
