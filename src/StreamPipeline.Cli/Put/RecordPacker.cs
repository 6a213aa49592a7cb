using System.Globalization;
using System.Text;
using Amazon.Kinesis.Model;
using StreamPipeline.Embedded.Kinesis;

namespace StreamPipeline.Cli.Put;

/// <summary>A Kinesis record that is ready to be sent.</summary>
/// <param name="Entry">As the client takes it.</param>
/// <param name="ShardId">Where it is expected to go.</param>
/// <param name="Lines">Lines in it.</param>
/// <param name="LineBytes">Their bytes.</param>
/// <param name="Bytes">Its own bytes, key included.</param>
internal readonly record struct PackedRecord(PutRecordsRequestEntry Entry, string ShardId, int Lines, long LineBytes, int Bytes);

/// <summary>Turns lines into records: one each, or, aggregated, many lines of one shard into one.</summary>
/// <param name="shards">Where lines go.</param>
/// <param name="isAggregated">Whether to pack.</param>
internal sealed class RecordPacker(ShardRanges shards, bool isAggregated)
{
    /// <summary>Most bytes of a record and its key.</summary>
    public const int RecordBytesMax = 1 << 20;

    public const int KeyCharsMax = 256;

    /// <summary>Size at which an aggregate is full: large enough that its overhead vanishes, small enough that a shard's second takes several.</summary>
    private const int AggregateBytes = 256 << 10;

    private readonly Aggregate?[] _open = new Aggregate?[shards.Count];
    private readonly List<PackedRecord> _ready = [];

    /// <summary>Lines that were added and not taken.</summary>
    public int Lines { get; private set; }

    public long LineBytes { get; private set; }

    /// <summary>Null, or why a line cannot be sent to any stream.</summary>
    public static string? Refusal(string key, int lineBytes)
    {
        if (key.Length > KeyCharsMax)
        {
            return string.Create(CultureInfo.InvariantCulture, $"its partition key has {key.Length:N0} characters, at most {KeyCharsMax} are allowed");
        }

        var bytes = lineBytes + Encoding.UTF8.GetByteCount(key);
        return bytes > RecordBytesMax
            ? string.Create(CultureInfo.InvariantCulture, $"it is {bytes:N0} bytes with its partition key, a record is at most {RecordBytesMax:N0}")
            : null;
    }

    /// <param name="key">1 to 256 characters.</param>
    /// <param name="line">Copied.</param>
    public void Add(string key, ReadOnlySpan<byte> line)
    {
        var shard = shards.ShardOf(key);
        Lines++;
        LineBytes += line.Length;
        if (!isAggregated)
        {
            _ready.Add(Plain(key, line, shards[shard].Id));
            return;
        }

        var aggregate = _open[shard] ??= new Aggregate();
        if (aggregate.TryAdd(key, line))
        {
            return;
        }

        Close(shard);
        if (!aggregate.TryAdd(key, line))
        {
            // Larger than an aggregate: after what was before it in its shard.
            _ready.Add(Plain(key, line, shards[shard].Id));
        }
    }

    /// <summary>All that was added, in an order in which the lines of each shard keep theirs; the packer is empty afterwards.</summary>
    public List<PackedRecord> Take()
    {
        for (var shard = 0; shard < _open.Length; shard++)
        {
            Close(shard);
        }

        Lines = 0;
        LineBytes = 0;
        List<PackedRecord> taken = [.. _ready];
        _ready.Clear();
        return taken;
    }

    private void Close(int shard)
    {
        if (_open[shard] is not { Writer.Count: > 0 } aggregate)
        {
            return;
        }

        // One key per shard, so that a shard's aggregates are put in order where keys are; the hash key, not this one, chooses the shard.
        var range = shards[shard];
        var (lines, lineBytes, data) = (aggregate.Writer.Count, aggregate.LineBytes, aggregate.Finish());
        var entry = new PutRecordsRequestEntry { PartitionKey = range.Id, ExplicitHashKey = range.From.ToString(CultureInfo.InvariantCulture), Data = new MemoryStream(data, writable: false) };
        _ready.Add(new PackedRecord(entry, range.Id, lines, lineBytes, data.Length + range.Id.Length));
    }

    private static PackedRecord Plain(string key, ReadOnlySpan<byte> line, string shardId) => new(
        new PutRecordsRequestEntry { PartitionKey = key, Data = new MemoryStream(line.ToArray(), writable: false) }, shardId, 1, line.Length, line.Length + Encoding.UTF8.GetByteCount(key));

    private sealed class Aggregate
    {
        public AggregateWriter Writer { get; } = new(AggregateBytes);

        public long LineBytes { get; private set; }

        public bool TryAdd(string key, ReadOnlySpan<byte> line)
        {
            var isAdded = Writer.TryAdd(key, line);
            LineBytes += isAdded ? line.Length : 0;
            return isAdded;
        }

        public byte[] Finish()
        {
            LineBytes = 0;
            return Writer.Finish();
        }
    }
}
