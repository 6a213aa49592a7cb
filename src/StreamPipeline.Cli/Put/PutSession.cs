using Amazon.Kinesis;
using StreamPipeline.Aws.Kinesis;
using StreamPipeline.Aws.Putting;
using StreamPipeline.Aws.Retrying;
using StreamPipeline.Cli.Output;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Cli.Put;

/// <summary>Sends the lines of an input to a stream, at a pace that its shards take.</summary>
internal sealed class PutSession(Terminal terminal, IAmazonKinesis kinesis, PutOptions options, PutTally tally)
{
    // Records per second and bytes per second that a shard takes.
    private const double ShardRecords = 1_000;
    private const double ShardBytes = 1 << 20;

    /// <summary>Lines that are not aggregated go in calls of this many.</summary>
    private const int PlainLines = RecordPutter.CallRecordsMax;

    private const int AggregatedLines = 20_000;
    private const int SendBytes = 4 << 20;

    /// <summary>Unsendable lines that are shown one by one.</summary>
    private const int ShownMax = 20;

    /// <summary>A stream may be resharded while it is written to.</summary>
    private static readonly TimeSpan _listEvery = TimeSpan.FromSeconds(30);

    private readonly RecordPutter _putter = new(
        kinesis,
        options.Stream,
        new RecordPutSettings { Order = options.IsOrdered ? PutOrder.PerKey : PutOrder.WithinRetries },
        new Backoff(new RetrySettings { AttemptsMax = 30 }, terminal.Time, new Random()));

    private readonly RecordKeyReader _keys = new(options.KeyField);
    private readonly Pace? _linePace = options.RatePerSecond is { } rate ? new Pace(rate, TimeSpan.FromSeconds(1)) : null;
    private readonly Dictionary<string, (Pace Records, Pace Bytes)> _shardPaces = new(StringComparer.Ordinal);

    private readonly int _linesMax = Math.Min(
        options.IsAggregated ? AggregatedLines : PlainLines, options.RatePerSecond is { } rate ? (int)Math.Clamp(rate / 10, 1, AggregatedLines) : int.MaxValue);

    private ShardRanges _shards = null!;
    private RecordPacker _packer = null!;
    private TimeSpan _listed;

    private TimeSpan Now => terminal.Time.GetElapsedTime(0);

    /// <param name="reader">The lines. Not disposed.</param>
    /// <param name="sent">Called after each call with the decompressed bytes read so far.</param>
    /// <param name="cancellation">What has been answered until then is sent.</param>
    /// <exception cref="CommandException">There is no such stream, or it cannot be reached.</exception>
    /// <exception cref="IOException">Records were turned away for good; the tally says how many.</exception>
    public async Task Send(LineReader reader, Action<long> sent, CancellationToken cancellation)
    {
        await ListShards(cancellation);
        while (reader.ReadBlock() is { } block)
        {
            try
            {
                for (var i = 0; i < block.Count; i++)
                {
                    Add(block, i);
                    if (_packer.Lines >= _linesMax || _packer.LineBytes >= SendBytes)
                    {
                        await SendPacked(cancellation);
                        sent(reader.BytesRead);
                    }
                }
            }
            finally
            {
                block.Release();
            }

            // Lines of a pipe are not held back while its writer pauses.
            if (options.Input == "-")
            {
                await SendPacked(cancellation);
                sent(reader.BytesRead);
            }
        }

        await SendPacked(cancellation);
        sent(reader.BytesRead);
    }

    private void Add(LineBlock block, int i)
    {
        var line = block.Line(i).Span;
        if (block.Fault(i) is { } fault)
        {
            // What follows tells of settings that `run` has.
            Refuse(block.FirstLine + i + 1, fault.Detail.Split(';')[0]);
            return;
        }

        var key = _keys.KeyOf(line);
        if (RecordPacker.Refusal(key, line.Length) is { } refusal)
        {
            Refuse(block.FirstLine + i + 1, refusal);
            return;
        }

        _packer.Add(key, line);
    }

    private void Refuse(long line, string why)
    {
        tally.Unsendable++;
        if (tally.Unsendable <= ShownMax)
        {
            terminal.WriteError(FormattableString.Invariant($"record {line:N0} cannot be sent: {PlainText.Of(why)}"));
        }
        else if (tally.Unsendable == ShownMax + 1)
        {
            terminal.Error.WriteLine("further ones are only counted");
        }
    }

    private async Task SendPacked(CancellationToken cancellation)
    {
        var packed = _packer.Take();
        for (var sent = 0; sent < packed.Count;)
        {
            var slice = SliceOf(packed, sent);
            if (!await SendSlice(packed, slice, sent, cancellation) || Now - _listed > _listEvery)
            {
                await ListShards(cancellation);
            }

            sent += slice.Count;
        }
    }

    /// <summary>As many of the next records as their shards take at once: half a second's worth of each, so that two of them fit in a second.</summary>
    private List<PackedRecord> SliceOf(List<PackedRecord> packed, int from)
    {
        if (!options.IsPaced)
        {
            return packed[from..];
        }

        var loads = new Dictionary<string, (int Records, int Bytes)>(StringComparer.Ordinal);
        var to = from;
        for (; to < packed.Count; to++)
        {
            var record = packed[to];
            var (records, bytes) = loads.GetValueOrDefault(record.ShardId);
            if (records > 0 && (records + 1 > ShardRecords / 2 || bytes + record.Bytes > ShardBytes / 2))
            {
                break;
            }

            loads[record.ShardId] = (records + 1, bytes + record.Bytes);
        }

        return packed[from..to];
    }

    /// <summary>False when a record did not go to the shard that was expected: the stream was resharded.</summary>
    private async Task<bool> SendSlice(List<PackedRecord> packed, List<PackedRecord> slice, int from, CancellationToken cancellation)
    {
        HashSet<int>? notPut = null;
        try
        {
            await WaitForTurn(slice, cancellation);
            var (outcome, results) = await _putter.Put(slice.ConvertAll(record => record.Entry), cancellation);
            tally.Calls += outcome.Calls;
            tally.Retried += outcome.Retried;
            notPut = [];
            return slice.Zip(results).All(pair => pair.Second.ShardId == pair.First.ShardId);
        }
        catch (RecordsNotPutException error)
        {
            notPut = [.. error.NotPut];
            throw;
        }
        finally
        {
            // Without an answer a record was perhaps taken: what is not known to be sent is not counted as sent.
            Count(slice, index => notPut is not null && !notPut.Contains(index));
            if (notPut is not { Count: 0 })
            {
                Count(packed[(from + slice.Count)..], _ => false);
            }
        }
    }

    private void Count(List<PackedRecord> records, Func<int, bool> isSent)
    {
        for (var i = 0; i < records.Count; i++)
        {
            if (isSent(i))
            {
                tally.Sent += records[i].Lines;
                tally.Bytes += records[i].LineBytes;
                tally.KinesisRecords++;
            }
            else
            {
                tally.Failed += records[i].Lines;
            }
        }
    }

    private async Task WaitForTurn(List<PackedRecord> records, CancellationToken cancellation)
    {
        var now = Now;
        var due = _linePace?.Schedule(records.Sum(record => record.Lines), now) ?? now;
        if (options.IsPaced)
        {
            foreach (var shard in records.GroupBy(record => record.ShardId))
            {
                var pace = PaceOf(shard.Key);
                due = Max(due, pace.Records.Schedule(shard.Count(), now));
                due = Max(due, pace.Bytes.Schedule(shard.Sum(record => record.Bytes), now));
            }
        }

        if (due > now)
        {
            await Task.Delay(due - now, terminal.Time, cancellation);
        }
    }

    private (Pace Records, Pace Bytes) PaceOf(string shard)
    {
        if (!_shardPaces.TryGetValue(shard, out var pace))
        {
            // Half a second is made up for: with a full second, the one that follows it would be throttled.
            var burst = TimeSpan.FromSeconds(0.5);
            _shardPaces.Add(shard, pace = (new Pace(ShardRecords, burst), new Pace(ShardBytes, burst)));
        }

        return pace;
    }

    private async Task ListShards(CancellationToken cancellation)
    {
        _shards = await ShardRanges.List(kinesis, options.Stream, cancellation);
        _packer = new RecordPacker(_shards, options.IsAggregated);
        _listed = Now;
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
