using System.Text;

namespace StreamPipeline.Core.Decoding;

/// <summary>The records of one shard within an event. Owner: <see cref="LambdaRecords"/>, which uses it again for the next event.</summary>
internal sealed class LambdaShard
{
    private readonly StreamRecords _records = new();
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

    public void Clear()
    {
        _records.Clear();
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

    /// <summary>Ascending by sequence number; of records with the same one, the first in the event stays.</summary>
    public void Sort()
    {
        if (!_isAscending)
        {
            var sorted = _records.OrderBy(record => record.Sequence).DistinctBy(record => record.Sequence).ToArray();
            _records.Clear();
            _records.Add(sorted);
        }
    }
}
