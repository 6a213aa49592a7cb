using System.Threading.Channels;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>
/// The one place that gives out sequence numbers and writes. It takes all calls that wait, gives each of their records an index in the shard
/// that its hash key belongs to now, commits them together, and only then lets readers see them and answers.
/// </summary>
internal sealed class WriterLoop : IAsyncDisposable
{
    /// <summary>Calls that wait at most; further ones wait for room.</summary>
    private const int WaitingMax = 256;

    // What one commit holds at most, bytes and records.
    private const int CommitBytesMax = 16 << 20;
    private const int CommitRecordsMax = 20_000;

    private static readonly TimeSpan _trimEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _throttleReportEvery = TimeSpan.FromSeconds(10);

    private readonly StreamStore _store;
    private readonly RecordLog _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();

    private readonly Channel<StreamChange> _waiting = Channel.CreateBounded<StreamChange>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true });

    // The loop's: what the next commit holds.
    private readonly List<(int Ordinal, StoredRecord Record)> _staged = [];
    private readonly List<RecordsPut> _puts = [];
    private readonly HashSet<ShardTraffic> _touched = [];
    private readonly Dictionary<ShardTraffic, long> _throttleReported = [];
    private long _stagedBytes;

    private readonly Task _writing;
    private readonly Task _trimming;

    public WriterLoop(StreamStore store, RecordLog log, TimeProvider time)
    {
        _store = store;
        _log = log;
        _time = time;
        _writing = Task.Run(Write);
        _trimming = Task.Run(TrimNowAndThen);
    }

    /// <exception cref="KinesisFault">The endpoint is stopping.</exception>
    public async ValueTask Add(StreamChange change)
    {
        try
        {
            await _waiting.Writer.WriteAsync(change, _stopping.Token);
        }
        catch (Exception error) when (error is ChannelClosedException or OperationCanceledException)
        {
            throw new KinesisFault("ServiceUnavailable", "the endpoint is stopping", 503);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_writing, _trimming);
        _stopping.Dispose();
    }

    private async Task Write()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (_waiting.Reader.TryRead(out var change))
            {
                if (change is RecordsPut put)
                {
                    TryStage(put);
                    if (_stagedBytes < CommitBytesMax && _staged.Count < CommitRecordsMax)
                    {
                        continue;
                    }
                }

                // Before a split: records that came before it are in the shard that it closes.
                Commit();
                Run(change as ILoopWork, change);
            }

            Commit();
        }
    }

    private void TryStage(RecordsPut put)
    {
        try
        {
            Stage(put);
        }
        catch (Exception error)
        {
            // The loop must go on: without it every call would wait for ever.
            put.Fail(FaultOf(error));
        }
    }

    private void Stage(RecordsPut put)
    {
        if (_store.Find(put.Stream) is not { } stream)
        {
            put.Fail(KinesisFault.NotFound($"Stream {put.Stream} not found."));
            return;
        }

        var nowMs = _store.NowMs;
        var nowTicks = _store.NowTicks;
        for (var i = 0; i < put.Entries.Length; i++)
        {
            ref readonly var entry = ref put.Entries[i];
            var traffic = stream.Route(entry.HashKey);
            if (_store.IsThrottled && !traffic.TryWrite(entry.Bytes, nowTicks))
            {
                put.Outcomes[i] = new PutOutcome(traffic.Shard, 0, 0);
                ReportThrottle(stream, traffic, nowTicks);
                continue;
            }

            var index = ++traffic.LastIndex;
            traffic.LastArrivalMs = Math.Max(traffic.LastArrivalMs, nowMs);
            put.Outcomes[i] = new PutOutcome(traffic.Shard, index, traffic.LastArrivalMs);
            _staged.Add((traffic.Shard.Ordinal, new StoredRecord(index, traffic.LastArrivalMs, entry.PartitionKey, entry.Data)));
            _stagedBytes += entry.Data.Length;
            _touched.Add(traffic);
        }

        _puts.Add(put);
    }

    private void Commit()
    {
        if (_puts.Count == 0)
        {
            return;
        }

        try
        {
            if (_staged.Count > 0)
            {
                _log.Append(_staged);
            }

            foreach (var traffic in _touched)
            {
                traffic.LastVisible = traffic.LastIndex;
            }

            foreach (var put in _puts)
            {
                put.Complete();
            }
        }
        catch (Exception error)
        {
            // Their indices are lost, which leaves a gap that no reader minds.
            var fault = FaultOf(error);
            foreach (var put in _puts)
            {
                put.Fail(fault);
            }
        }

        _staged.Clear();
        _puts.Clear();
        _touched.Clear();
        _stagedBytes = 0;
    }

    private void Run(ILoopWork? work, StreamChange change)
    {
        try
        {
            work?.Run();
        }
        catch (KinesisFault fault)
        {
            change.Fail(fault);
        }
        catch (Exception error)
        {
            change.Fail(FaultOf(error));
        }
    }

    /// <summary>What the caller is told of a failure that is ours; the details go to the report, since they name local files.</summary>
    private KinesisFault FaultOf(Exception error)
    {
        _store.Report(error is IOException ? error.Message : $"this is a bug: {error.GetType().Name}: {error.Message}");
        return new KinesisFault("InternalFailure", "the endpoint could not write; its own output says why", 500);
    }

    private void ReportThrottle(OpenStream stream, ShardTraffic traffic, long nowTicks)
    {
        if (!_throttleReported.TryGetValue(traffic, out var last) || nowTicks - last >= _throttleReportEvery.Ticks)
        {
            if (_throttleReported.Count > KinesisLimits.ShardsMax)
            {
                _throttleReported.Clear();
            }

            _throttleReported[traffic] = nowTicks;
            _store.Report(
                $"{stream.State.Name}: {traffic.Shard.Id} is throttled: a shard takes {KinesisLimits.ShardWriteRecords:N0} records and 1 MiB a second; use more shards, or --throttle off");
        }
    }

    private async Task TrimNowAndThen()
    {
        while (true)
        {
            try
            {
                await Task.Delay(_trimEvery, _time, _stopping.Token);
                while (await _store.TrimPart() > 0)
                {
                    _stopping.Token.ThrowIfCancellationRequested();
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (KinesisFault)
            {
                // Stopping, which the delay will see; or the disk failed, which was reported and is tried again.
            }
        }
    }
}
