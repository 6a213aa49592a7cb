using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>
/// The streams of an endpoint. Whatever changes them goes through one loop, in order, and is answered once it is on the disk; calls that wait
/// at the same time share a commit. Readers see the last commit and never wait for the loop.
/// </summary>
internal sealed class StreamStore : IAsyncDisposable
{
    private const int DeletedAtOnce = 5_000;

    private readonly RecordLog _log;
    private readonly TimeProvider _time;
    private readonly WriterLoop _loop;

    // Replaced by the loop, read by all.
    private volatile ImmutableSortedDictionary<string, OpenStream> _streams = ImmutableSortedDictionary.Create<string, OpenStream>(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<int, ShardTraffic> _traffic = new();

    // The loop's.
    private int _nextOrdinal;

    /// <param name="file">Created when missing.</param>
    /// <param name="isThrottled">Whether the throughput of a shard is limited as in Kinesis.</param>
    /// <param name="time">Arrival, retention and throttles.</param>
    /// <param name="report">Takes a line per interesting event.</param>
    /// <exception cref="IOException">The file cannot be used; the message says why and what to do.</exception>
    public StreamStore(string file, bool isThrottled, TimeProvider time, Action<string> report)
    {
        _time = time;
        IsThrottled = isThrottled;
        Report = report;
        _log = new RecordLog(file);
        try
        {
            var (streams, nextOrdinal) = _log.Load();
            _nextOrdinal = nextOrdinal;
            foreach (var stream in streams)
            {
                _streams = _streams.Add(stream.Name, new OpenStream(stream, TrafficOf));
            }
        }
        catch
        {
            _log.Dispose();
            throw;
        }

        _loop = new WriterLoop(this, _log, time);
    }

    public bool IsThrottled { get; }

    public Action<string> Report { get; }

    public long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A clock for rates, ticks of 100 ns.</summary>
    public long NowTicks => _time.GetElapsedTime(0).Ticks;

    /// <summary>Ordered by name.</summary>
    public IEnumerable<StreamState> Streams => _streams.Values.Select(stream => stream.State);

    public OpenStream? Find(string name) => _streams.GetValueOrDefault(name);

    /// <summary>Writes records; the answer comes when they are on the disk, and tells of each whether it was throttled.</summary>
    /// <exception cref="KinesisFault">There is no such stream, or the disk failed: then none was written.</exception>
    public async Task<PutOutcome[]> Put(string stream, PutEntry[] entries)
    {
        var put = new RecordsPut(stream, entries);
        await _loop.Add(put);
        return await put.Done;
    }

    /// <summary>Changes, creates or deletes a stream.</summary>
    /// <param name="name">The stream.</param>
    /// <param name="change">From the state (null when there is none), the first free shard ordinal and now in ms to the next state, null to delete it.</param>
    /// <returns>The state after the change; null when it was deleted.</returns>
    /// <exception cref="KinesisFault">What <paramref name="change"/> threw, or the disk failed.</exception>
    public async Task<StreamState?> Change(string name, Func<StreamState?, int, long, StreamState?> change)
    {
        var work = new LoopWork<StreamState?>(() => Apply(name, change));
        await _loop.Add(work);
        return await work.Done;
    }

    /// <exception cref="KinesisFault">There is one of this name, there are too many, or the disk failed.</exception>
    public async Task Create(string name, int shards)
    {
        await Change(name, (state, ordinal, now) =>
            state is not null ? throw KinesisFault.InUse($"Stream {name} under account 000000000000 already exists.")
            : _streams.Count >= KinesisLimits.StreamsMax ? throw KinesisFault.Limit($"there are {_streams.Count:N0} streams, at most {KinesisLimits.StreamsMax:N0} are allowed here")
            : StreamState.Create(name, shards, ordinal, now));
        Report(FormattableString.Invariant($"{name}: created with {shards:N0} shard{(shards == 1 ? "" : "s")}"));
    }

    /// <summary>Removes what has expired and what deleted streams have left, a part at a time, so that writers wait for milliseconds only.</summary>
    /// <returns>The records that were removed; 0 when nothing is left to do.</returns>
    public async Task<int> TrimPart()
    {
        var work = new LoopWork<int>(Trim);
        await _loop.Add(work);
        return await work.Done;
    }

    /// <summary>The first index from which on records arrived at or after a time; one beyond the last when there is none.</summary>
    /// <param name="traffic">The shard.</param>
    /// <param name="timeMs">Ms since 1970.</param>
    public long IndexAt(ShardTraffic traffic, long timeMs)
    {
        var last = traffic.LastVisible;
        var (low, high) = (1L, last + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (_log.FirstArrival(traffic.Shard.Ordinal, middle, last) is { } record && record.ArrivalMs < timeMs)
            {
                low = record.Index + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <inheritdoc cref="RecordLog.Read"/>
    public List<StoredRecord> Read(ShardTraffic traffic, long from, long to, int countMax, long bytesMax) =>
        _log.Read(traffic.Shard.Ordinal, from, to, countMax, bytesMax);

    /// <inheritdoc cref="RecordLog.FirstArrival"/>
    public (long Index, long ArrivalMs)? FirstArrival(ShardTraffic traffic, long from, long to) =>
        _log.FirstArrival(traffic.Shard.Ordinal, from, to);

    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        _log.Dispose();
    }

    private StreamState? Apply(string name, Func<StreamState?, int, long, StreamState?> change)
    {
        var before = Find(name)?.State;
        var after = change(before, _nextOrdinal, NowMs);
        if (ReferenceEquals(before, after))
        {
            return after;
        }

        var added = after is null ? 0 : after.NextIndex - (before?.NextIndex ?? 0);
        if (_nextOrdinal + added > RecordLog.OrdinalMax)
        {
            throw KinesisFault.Limit($"the file has held {_nextOrdinal:N0} shards, at most {RecordLog.OrdinalMax:N0} are possible; start with a new --data");
        }

        _log.Save(name, after, _nextOrdinal + added);
        _nextOrdinal += added;
        foreach (var gone in before?.Shards ?? [])
        {
            if (after?.Find(gone.Index) is null)
            {
                _traffic.TryRemove(gone.Ordinal, out _);
            }
        }

        _streams = after is null ? _streams.Remove(name) : _streams.SetItem(name, new OpenStream(after, TrafficOf));
        return after;
    }

    private ShardTraffic TrafficOf(ShardState shard) => _traffic.GetOrAdd(shard.Ordinal, _ =>
    {
        // A new shard has none; one that was loaded goes on where it stopped.
        var (index, arrivalMs) = _log.Last(shard.Ordinal);
        return new ShardTraffic(shard) { LastIndex = index, LastArrivalMs = arrivalMs, LastVisible = index };
    });

    private int Trim()
    {
        var now = NowMs;
        foreach (var (name, stream) in _streams)
        {
            if (!ReferenceEquals(stream.State.WithoutExpired(now), stream.State))
            {
                Apply(name, (state, _, _) => state?.WithoutExpired(now));
            }
        }

        foreach (var stream in _streams.Values)
        {
            foreach (var shard in stream.State.Shards)
            {
                // The last record stays for as long as the shard exists: its index is what the next one continues, also after a restart.
                var traffic = stream.Traffic(shard);
                var expired = Math.Min(IndexAt(traffic, now - stream.State.RetentionMs), traffic.LastVisible) - 1;
                if (expired > 0 && _log.Delete(shard.Ordinal, 0, expired, DeletedAtOnce) is > 0 and var count)
                {
                    return count;
                }
            }
        }

        return TrimDeleted();
    }

    private int TrimDeleted()
    {
        for (var next = _log.NextOrdinalWithRecords(0); next is { } ordinal; next = _log.NextOrdinalWithRecords(ordinal + 1))
        {
            if (!_traffic.ContainsKey(ordinal))
            {
                return _log.Delete(ordinal, 0, RecordLog.IndexMax, DeletedAtOnce);
            }
        }

        return 0;
    }
}
