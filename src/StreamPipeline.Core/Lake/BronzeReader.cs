using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake;

/// <summary>The raw records of a committed batch, as far as bronze has them.</summary>
/// <param name="Batch">In sequence order, each once.</param>
/// <param name="Missing">Records that the delivery stream has not brought yet; 0 for bronze in an object of its own.</param>
internal readonly record struct BronzeBatch(MicroBatch Batch, int Missing);

/// <summary>
/// Reads the bronze of committed batches: from the object that the batch names, or, for a delivery (<see cref="BronzeDelivery"/>), from
/// whatever objects below <c>bronze/&lt;stream&gt;/</c> hold its records. For these the objects are listed and read through once, and of each is kept which
/// sequence numbers of which shards it has, first to last: some 200 bytes for each shard in an object. Then they are read again as batches ask for them;
/// the last ones stay in memory, up to <see cref="HeldBytesMax"/>.
/// </summary>
internal sealed class BronzeReader(IObjectStore objects, string stream)
{
    private const long HeldBytesMax = 256L << 20;

    private readonly LinkedList<Held> _held = [];
    private List<Span>? _spans;

    /// <summary>Objects that could not be read while deliveries were looked for, with the reason.</summary>
    public List<string> Damaged { get; } = [];

    /// <summary>Objects that records of a batch were taken from.</summary>
    public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

    /// <summary>Null when the object that the batch names does not exist.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or holds a record in two versions.</exception>
    public async ValueTask<BronzeBatch?> Read(string shard, BatchItem item, CancellationToken cancellation)
    {
        if (BronzeDelivery.TryParse(item.Bronze!, out var records))
        {
            return await Delivered(shard, item, records, cancellation);
        }

        Used.Add(item.Bronze!);
        return await objects.Get(item.Bronze!, cancellation) is { } content ? new BronzeBatch(BronzeFile.Decode(content, item.Bronze!), 0) : null;
    }

    private async ValueTask<BronzeBatch> Delivered(string shard, BatchItem item, int expected, CancellationToken cancellation)
    {
        var (first, last) = (SequenceNumber.Parse(item.FirstSequence!), SequenceNumber.Parse(item.LastSequence!));
        var found = new SortedDictionary<SequenceNumber, StreamRecord>();
        foreach (var span in _spans ??= await Scan(cancellation))
        {
            if (span.Shard != shard || span.Last < first || span.First > last)
            {
                continue;
            }

            foreach (var line in await Open(span.Key, cancellation))
            {
                var sequence = line.Record.Sequence;
                if (line.Shard != shard || sequence < first || sequence > last)
                {
                    continue;
                }

                // An attempt that was not committed, or a delivery that Firehose repeated, brings the same bytes again.
                if (!found.TryAdd(sequence, line.Record) && !found[sequence].Data.Span.SequenceEqual(line.Record.Data.Span))
                {
                    throw new InvalidDataException($"bronze holds record {sequence} of shard {shard} twice with different bytes, the second time in {span.Key}");
                }

                Used.Add(span.Key);
            }
        }

        return new BronzeBatch(new MicroBatch(shard, [.. found.Values]), Math.Max(0, expected - found.Count));
    }

    private async Task<List<Span>> Scan(CancellationToken cancellation)
    {
        var spans = new List<Span>();
        await foreach (var item in objects.List($"bronze/{stream}/", cancellation))
        {
            var shards = new Dictionary<string, Span>(StringComparer.Ordinal);
            try
            {
                foreach (var (shard, record) in await Open(item.Key, cancellation))
                {
                    var sequence = record.Sequence;
                    var span = shards.GetValueOrDefault(shard, new Span(item.Key, shard, sequence, sequence));
                    shards[shard] = span with { First = sequence < span.First ? sequence : span.First, Last = sequence > span.Last ? sequence : span.Last };
                }
            }
            catch (InvalidDataException error)
            {
                Damaged.Add(error.Message);
            }

            spans.AddRange(shards.Values);
        }

        return spans;
    }

    private async ValueTask<IReadOnlyList<BronzeLine>> Open(string key, CancellationToken cancellation)
    {
        for (var node = _held.First; node is not null; node = node.Next)
        {
            if (node.Value.Key == key)
            {
                _held.Remove(node);
                _held.AddFirst(node);
                return node.Value.Lines;
            }
        }

        // Gone since it was listed: its records count as missing.
        var lines = await objects.Get(key, cancellation) is { } content ? BronzeFile.Lines(content, key) : [];
        _held.AddFirst(new Held(key, lines, lines.Sum(line => (long)line.Record.Data.Length + 200)));
        while (_held.Count > 1 && _held.Sum(held => held.Bytes) > HeldBytesMax)
        {
            _held.RemoveLast();
        }

        return lines;
    }

    private sealed record Span(string Key, string Shard, SequenceNumber First, SequenceNumber Last);

    private sealed record Held(string Key, IReadOnlyList<BronzeLine> Lines, long Bytes);
}
