using System.Text;

namespace StreamPipeline.Core.Decoding;

/// <summary>The records of one shard within an event. Owner: <see cref="LambdaRecords"/>, which uses it again for the next event.</summary>
internal sealed class LambdaShard
{
    private readonly StreamRecords _records = new();
    private StreamRecords? _repeats;
    private bool _isAscending = true;
    private SequenceNumber _last;

    public LambdaShard(string name)
    {
        Name = Encoding.ASCII.GetBytes(name);
        Batch = new MicroBatch(name, _records);
    }

    /// <summary>The shard id, ASCII.</summary>
    public byte[] Name { get; }

    public MicroBatch Batch { get; }

    /// <summary>Whether the event has no record of the shard so far.</summary>
    public bool IsEmpty => _records.Count == 0;

    /// <summary>
    /// Records whose sequence number had come before with the same data: replays, once the batch is committed. Null: none. Known once it is sorted.
    /// </summary>
    public MicroBatch? Repeats => _repeats is null ? null : new MicroBatch(Batch.Shard, _repeats);

    public void Clear()
    {
        _records.Clear();
        _repeats = null;
        _isAscending = true;
    }

    /// <summary>Makes room for as many more records as are expected.</summary>
    public void Expect(int records) => _records.Reserve(records);

    public void Add(in StreamRecord record)
    {
        Follow(record.Sequence);
        _records.Add(record);
    }

    public void Add(in SequenceNumber sequence, byte[] buffer, int offset, int length, long arrivalUs)
    {
        Follow(sequence);
        _records.Add(sequence, buffer, offset, length, arrivalUs);
    }

    private void Follow(in SequenceNumber sequence)
    {
        _isAscending &= _records.Count == 0 || _last.IsBelow(sequence);
        _last = sequence;
    }

    /// <summary>Ascending by sequence number; of records with the same one, the first in the event stays, and the others are repeats.</summary>
    /// <returns>Null, or what is wrong: a stream does not give a sequence number out twice, so who counted either record would drop the other.</returns>
    public string? Sort()
    {
        if (_isAscending)
        {
            return null;
        }

        var sorted = _records.OrderBy(record => record.Sequence).ToArray();
        _records.Clear();
        foreach (var record in sorted)
        {
            if (_records.Count == 0 || _records[^1].Sequence.IsBelow(record.Sequence))
            {
                _records.Add(record);
            }
            else if (_records[^1] is var first && first.Data.Span.SequenceEqual(record.Data.Span) && (first.Fault is null) == (record.Fault is null))
            {
                (_repeats ??= new StreamRecords()).Add(record);
            }
            else
            {
                return $"shard {Batch.Shard} has the sequence number {record.Sequence} twice, with other data each time ({first.Data.Length:N0} and {record.Data.Length:N0} bytes): a stream gives a number out once";
            }
        }

        return null;
    }
}
