using System.Buffers;
using System.Text;

namespace StreamPipeline.Core.Decoding;

/// <summary>One element of Records, as far as it was read.</summary>
internal struct LambdaRecord
{
    public LambdaShard? Shard;
    public SequenceNumber? Sequence;
    public long? ArrivalUs;
    public ReadOnlyMemory<byte>? Data;
    public RecordFault? Fault;
}

/// <summary>Collects the records of a Lambda event by shard, their data in one buffer. What an event made it allocate serves the next one.</summary>
internal sealed class LambdaRecords : IDisposable
{
    /// <summary>Bytes behind the last record's data that may be read, though they mean nothing: who reads by vectors needs no special end.</summary>
    public const int SlackBytes = 64;

    /// <summary>Shards that are remembered from one event to the next. Lambda's events have records of one shard each.</summary>
    private const int ShardsRemembered = 64;

    /// <summary>Lambda hands over no more at a time, whatever the size of the first record promises.</summary>
    private const int RecordsUsualMax = 10_000;

    private readonly Dictionary<string, LambdaShard> _shards = new(StringComparer.Ordinal);
    private readonly List<LambdaShard> _present = [];
    private readonly List<MicroBatch> _batches = [];
    private readonly List<MicroBatch> _repeats = [];
    private byte[] _buffer = [];

    /// <summary>One per shard, in order of appearance.</summary>
    public IReadOnlyList<MicroBatch> Batches => _batches;

    /// <summary>Of the shards that have some.</summary>
    public IReadOnlyList<MicroBatch> Repeats => _repeats;

    /// <summary>Index of the record that is being read.</summary>
    public int Count { get; private set; }

    /// <summary>Where the reader stands, to begin an error text with.</summary>
    public string Place => $"Records[{Count}] ";

    /// <summary>Bytes of the buffer that are data of records. A record that was not added after all is taken back by setting it to what it was before.</summary>
    public int Used { get; set; }

    /// <summary>What is left of the buffer.</summary>
    public Span<byte> Room => _buffer.AsSpan(Used);

    /// <summary>Forgets the records of the last event.</summary>
    /// <param name="textBytes">Of the next one. Base64 shrinks and escapes only shrink further, so that is room enough for all data.</param>
    public void Begin(int textBytes)
    {
        foreach (var shard in _present)
        {
            shard.Clear();
        }

        _present.Clear();
        _batches.Clear();
        _repeats.Clear();
        if (_shards.Count > ShardsRemembered)
        {
            _shards.Clear();
        }

        if (_buffer.Length < textBytes + SlackBytes)
        {
            Dispose();
            _buffer = ArrayPool<byte>.Shared.Rent(textBytes + SlackBytes);
        }

        Used = 0;
        Count = 0;
    }

    public ReadOnlyMemory<byte> Take(int length)
    {
        Used += length;
        return _buffer.AsMemory(Used - length, length);
    }

    /// <param name="name">ASCII, at most 128 bytes.</param>
    /// <param name="isNew">Whether one that is not known yet is made.</param>
    public LambdaShard? Shard(ReadOnlySpan<byte> name, bool isNew)
    {
        Span<char> characters = stackalloc char[128];
        var text = characters[..Encoding.ASCII.GetChars(name, characters)];
        if (!_shards.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var shard) && isNew)
        {
            shard = new LambdaShard(text.ToString());
            _shards.Add(shard.Batch.Shard, shard);
        }

        return shard;
    }

    /// <summary>Null, or what the record lacks.</summary>
    public string? Add(in LambdaRecord record)
    {
        if (record.Shard is not { } shard)
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

        Enter(shard);
        shard.Add(new StreamRecord(sequence, data, arrivalUs, record.Fault));
        return null;
    }

    /// <summary>Adds a record whose data are the next bytes of the buffer.</summary>
    public void Add(LambdaShard shard, in SequenceNumber sequence, int dataBytes, long arrivalUs)
    {
        Enter(shard);
        shard.Add(sequence, _buffer, Used, dataBytes, arrivalUs);
        Used += dataBytes;
    }

    /// <summary>Makes room in the shard of the last record, so that its list need not grow step by step.</summary>
    /// <param name="records">That may follow.</param>
    public void Expect(int records) => _present[^1].Expect(Math.Min(records, RecordsUsualMax));

    private void Enter(LambdaShard shard)
    {
        if (shard.IsEmpty)
        {
            _present.Add(shard);
            _batches.Add(shard.Batch);
        }

        Count++;
    }

    /// <summary>To be called once all records were added.</summary>
    /// <returns>Null, or what is wrong with them.</returns>
    public string? End()
    {
        string? error = null;
        foreach (var shard in _present)
        {
            error ??= shard.Sort();
            if (shard.Repeats is { } repeats)
            {
                _repeats.Add(repeats);
            }
        }

        return error;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }
}
