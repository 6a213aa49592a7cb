namespace StreamPipeline.Core.Decoding;

/// <summary>One record as the stream delivered it. It carries one event, or many (KPL aggregate, several JSON documents).</summary>
/// <param name="Sequence">Position within the shard.</param>
/// <param name="Data">The record's data blob, base64 already undone. Valid as long as the <see cref="MicroBatch"/> that holds it.</param>
/// <param name="ArrivalTimeUs">When the stream accepted it: microseconds since the Unix epoch, UTC.</param>
/// <param name="Fault">Set when the source could not deliver the data whole; the record is quarantined with it.</param>
public readonly record struct StreamRecord(
    SequenceNumber Sequence, ReadOnlyMemory<byte> Data, long ArrivalTimeUs, RecordFault? Fault = null);

/// <summary>Why a source could not deliver a record whole.</summary>
/// <param name="Reason">One of <see cref="QuarantineReason"/>.</param>
/// <param name="Detail">What, the actual value, the limit, and the setting that changes it.</param>
public sealed record RecordFault(string Reason, string Detail);

/// <summary>The records of one shard that are processed and committed together, in sequence order.</summary>
/// <param name="Shard">Shard id, such as <c>shardId-000000000000</c>.</param>
/// <param name="Records">Ascending by sequence number. Their data lives until the batch is disposed by its owner, the event source.</param>
public sealed record MicroBatch(string Shard, StreamRecords Records)
{
    /// <summary>Copies the records into a list of the batch's own.</summary>
    public MicroBatch(string shard, IReadOnlyList<StreamRecord> records)
        : this(shard, StreamRecords.Of([.. records]))
    {
    }

    /// <summary>The records before <paramref name="endRecord"/>; the batch itself when that is all of them.</summary>
    internal MicroBatch Until(int endRecord) => endRecord == Records.Count ? this : new MicroBatch(Shard, StreamRecords.Of(Records.Span[..endRecord]));

    /// <summary>The greatest arrival time of its records, of which there is at least one.</summary>
    public long LastArrivalUs()
    {
        var lastUs = long.MinValue;
        foreach (ref readonly var record in Records.Span)
        {
            lastUs = Math.Max(lastUs, record.ArrivalTimeUs);
        }

        return lastUs;
    }

    /// <summary>Bytes of data of its records.</summary>
    public long DataBytes()
    {
        var bytes = 0L;
        foreach (ref readonly var record in Records.Span)
        {
            bytes += record.Data.Length;
        }

        return bytes;
    }
}
