using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Streams;

namespace StreamPipeline.Tests;

/// <summary>A stream in memory: pages of a bounded size, shards that end, failures on demand.</summary>
internal sealed class MemoryRecordStream(int pageSize = 3) : IRecordStream
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (StreamShard Shard, List<StreamRecord> Records, bool Ended)> _shards = new(StringComparer.Ordinal);

    /// <summary>Called before each read; throws to fail it.</summary>
    public Action<string> OnRead { get; set; } = _ => { };

    /// <summary>Shards in the order in which they were first read.</summary>
    public List<string> Opened { get; } = [];

    public void Add(string shard, IReadOnlyList<string> parents, IEnumerable<StreamRecord> records, bool ended)
    {
        lock (_gate)
        {
            var before = _shards.TryGetValue(shard, out var there) ? there.Records : [];
            _shards[shard] = (new StreamShard(shard, parents), [.. before, .. records], ended);
        }
    }

    public ValueTask<IReadOnlyList<StreamShard>> Shards(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return new([.. _shards.Values.Select(shard => shard.Shard)]);
        }
    }

    public ValueTask<string> Open(string shard, StreamPosition position, CancellationToken cancellation)
    {
        lock (_gate)
        {
            Opened.Add(shard);
            var records = _shards[shard].Records;
            var at = position.After is { } after ? records.Count(record => record.Sequence <= after)
                : position.FromUs is { } fromUs ? records.Count(record => record.ArrivalTimeUs < fromUs)
                : position.Latest ? records.Count : 0;
            return new($"{shard}/{at}");
        }
    }

    public ValueTask<RecordPage> Read(string iterator, int recordsMax, CancellationToken cancellation)
    {
        var slash = iterator.LastIndexOf('/');
        var (shard, at) = (iterator[..slash], int.Parse(iterator[(slash + 1)..], System.Globalization.CultureInfo.InvariantCulture));
        OnRead(shard);
        lock (_gate)
        {
            var (_, records, ended) = _shards[shard];
            var page = records.Skip(at).Take(Math.Min(pageSize, recordsMax)).ToList();
            var end = at + page.Count;
            var next = ended && end == records.Count ? null : $"{shard}/{end}";
            return new(new RecordPage(page, next, TimeSpan.FromMilliseconds(records.Count - end)));
        }
    }
}
