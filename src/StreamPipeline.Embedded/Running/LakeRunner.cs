using System.Buffers.Binary;
using System.Security.Cryptography;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Streams;
using StreamPipeline.Embedded.Mapping;
using StreamPipeline.Embedded.Sources;
using StreamPipeline.Embedded.Telemetry;

namespace StreamPipeline.Embedded.Running;

/// <summary>
/// Runs inputs through the pipeline into a lake: the event source mapping in front, the fold and the roll behind.
/// Everything that is committed stays whatever happens; the same run again goes on where this one stopped.
/// </summary>
public sealed class LakeRunner : IDisposable
{
    /// <summary>How often a followed folder is looked at.</summary>
    private static readonly TimeSpan _followInterval = TimeSpan.FromSeconds(1);

    private readonly Pipeline _pipeline;
    private readonly OpenLake _lake;
    private readonly TimeProvider _time;
    private readonly Action<string>? _warn;
    private readonly RunCounters _counters;
    private readonly StreamCatalog _catalog;
    private readonly LakeMaintenance _maintenance;
    private readonly Dictionary<string, ObservedConsumer> _consumers = new(StringComparer.Ordinal);
    private readonly List<string> _damage = [];
    private readonly CommittedRanges _committed;

    // One file after the other is read into the same memory.
    private readonly LambdaEvent _lambdaEvent = new();
    private readonly LineBuffers _lineBuffers = new();
    private byte[] _lambdaBytes = [];

    /// <param name="pipeline">The compiled pipeline.</param>
    /// <param name="lake">Owned by the caller.</param>
    /// <param name="time">The clock.</param>
    /// <param name="counters">Counts as the run goes on.</param>
    /// <param name="warn">Told, from any thread, of failures that the run goes on after; null: nobody is.</param>
    public LakeRunner(Pipeline pipeline, OpenLake lake, TimeProvider time, RunCounters counters, Action<string>? warn = null)
    {
        _pipeline = pipeline;
        _lake = lake;
        _time = time;
        _warn = warn;
        _counters = counters;
        _catalog = new StreamCatalog(lake.State, pipeline.Settings.Stream, lake.Attempts);
        _committed = new CommittedRanges(lake.State, pipeline.Settings.Stream);
        _maintenance = new LakeMaintenance(pipeline, lake, time, warn);
    }

    /// <summary>Runs <paramref name="input"/> (a file, a folder, or <c>-</c>) to its end, or until cancelled when it is followed.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    /// <exception cref="InputRefusedException">It cannot be run into this lake.</exception>
    public Task<RunReport> Run(string input, Stream standardInput, RunOptions options, CancellationToken cancellation) =>
        Run(options.Follow, options.KeepOpen, (seed, stop) => Process(input, standardInput, options, seed, stop), cancellation);

    /// <summary>Runs a Kinesis stream to the tips of its shards, or until cancelled when it is followed.</summary>
    /// <exception cref="StreamMissingException">There is no such stream.</exception>
    public Task<RunReport> Run(StreamRunOptions options, CancellationToken cancellation) => Run(
        options.Follow,
        options.KeepOpen,
        async (seed, stop) =>
        {
            _counters.Enter(RunStage.Processing);
            using var run = new StreamRun(_pipeline, _lake, options, seed, _time, _counters, OnCommit);
            await run.Run(stop);
        },
        cancellation);

    public void Dispose() => ReleaseConsumers();

    /// <summary>What batches needed and folds do not: seen-sets, columns, the memory of records.</summary>
    private void ReleaseConsumers()
    {
        foreach (var consumer in _consumers.Values)
        {
            consumer.Dispose();
        }

        _consumers.Clear();
        _lineBuffers.Clear();
        _lambdaEvent.Dispose();
        _lambdaBytes = [];
    }

    private async Task<RunReport> Run(bool follow, bool keepOpen, Func<ulong, CancellationToken, Task> process, CancellationToken cancellation)
    {
        // First what may refuse the lake: nothing is written into a state that is not its own.
        await _maintenance.Open(cancellation);
        var head = await _catalog.Open(NewSeed(), cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var vacuum = new LakeVacuum(_pipeline, _lake, _time, _warn);
        var background = Task.WhenAll(
            StopOnFailure(() => _maintenance.Run(follow, stop.Token), stop),
            StopOnFailure(() => follow ? vacuum.Repeat(stop.Token) : Task.CompletedTask, stop));
        try
        {
            await process(head.Seed, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && (follow || !cancellation.IsCancellationRequested))
        {
            // The way a followed run ends; what is committed is made visible below. Or the background failed, which is told at once.
        }
        finally
        {
            await stop.CancelAsync();
            await background;
        }

        _counters.Enter(RunStage.Finishing);
        ReleaseConsumers();
        await _maintenance.Finish(closeWindows: !keepOpen && !follow, CancellationToken.None);
        await vacuum.AfterRun(CancellationToken.None);
        return new RunReport(_counters.Read(), _counters.ReadQuality(), _maintenance.OverflowedSums, _damage);
    }

    /// <summary>A run without its background would only pile up what nobody makes visible.</summary>
    private async Task StopOnFailure(Func<Task> background, CancellationTokenSource stop)
    {
        try
        {
            await background();
        }
        catch (Exception error)
        {
            // Now: a read of standard input ends only with the next line.
            _warn?.Invoke($"the run ends, since its maintenance failed for good: {error.Message}");
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task Process(string input, Stream standardInput, RunOptions options, ulong seed, CancellationToken cancellation)
    {
        if (input == "-" && options.Follow)
        {
            await FollowStandardInput(standardInput, options, seed, cancellation);
        }
        else if (input == "-")
        {
            using var spool = await StandardInputSpool.Read(standardInput, _lake.SpoolFolder, _lake.Attempts.Next(), cancellation);
            await RunFile(spool.File, options, seed, cancellation);
        }
        else if (options.Follow)
        {
            await FollowFolder(input, options, seed, cancellation);
        }
        else
        {
            foreach (var file in LambdaEventOrder.Of(InputFolder.Find(input)))
            {
                await RunFile(file, options, seed, cancellation);
            }
        }
    }

    private async Task RunFile(InputFile file, RunOptions options, ulong seed, CancellationToken cancellation)
    {
        if (file.Kind == InputKind.LambdaEvent)
        {
            await RunLambdaEvent(file, options, seed, cancellation);
            return;
        }

        _counters.Enter(RunStage.Identifying);
        _counters.AddFile(file.Bytes);
        var known = new InputContent(file.Name, file.Beginning?.ToString(), async stop => (await Task.Run(() => file.ReadContentId(stop), stop)).ToString());
        var entry = await _catalog.Enter(known, options.Shards, NowUs(), cancellation);
        using var reach = entry.ContentId is null ? await ReachLog.Open(_catalog, entry, file, cancellation) : null;

        _counters.Enter(RunStage.Processing);
        var content = file.OpenContent();
        using var reader = file.OpenLines(content, _pipeline.Settings.Limits, _lineBuffers);
        var (bytes, stored) = (0L, 0L);
        var feed = new LineFeed(reader, entry, _pipeline.Settings.PartitionKey, () => entry.ArrivalUs, () =>
        {
            reach?.Read(content, reader.Lines);
            _counters.AddRead(reader.BytesRead - bytes, content.FileBytes - stored);
            (bytes, stored) = (reader.BytesRead, content.FileBytes);
        });
        await Map(entry.Lanes, options.Mapping, seed, feed.Produce, reach is null ? null : (batch, stop) => reach.WriteUpTo(batch.Records[^1].Sequence, stop), cancellation);
        if (reader.Damage is { } damage)
        {
            _damage.Add(damage);
        }

        var contentId = entry.ContentId;
        if (reach is not null)
        {
            content.SkipTo(long.MaxValue, cancellation);
            reach.Read(content, reader.Lines);
            await reach.WriteAll(cancellation);
            contentId = content.Id.ToString();
        }

        await _catalog.Complete(entry, contentId!, reader.Lines, cancellation);
    }

    /// <summary>A Lambda event brings its own shards, sequence numbers and arrival times.</summary>
    private async Task RunLambdaEvent(InputFile file, RunOptions options, ulong seed, CancellationToken cancellation)
    {
        _counters.Enter(RunStage.Processing);
        _counters.AddFile(file.Bytes);
        file.ReadLambdaEvent(_lambdaEvent, ref _lambdaBytes);
        foreach (var batch in _lambdaEvent.Batches.Where(batch => !_consumers.ContainsKey(batch.Shard)))
        {
            await _catalog.Register(new ShardEntry(batch.Shard, []), cancellation);
        }

        foreach (var batch in _lambdaEvent.Batches)
        {
            await _committed.RefuseSkipped(file.Name, batch, cancellation);
        }

        await MapBatches(_lambdaEvent.Batches);

        // Replays now, to be counted as such.
        await MapBatches(_lambdaEvent.Repeats);
        _counters.AddRead(file.Bytes, file.Bytes);

        Task MapBatches(IReadOnlyList<MicroBatch> batches) => batches.Count == 0 ? Task.CompletedTask : Map(
            [.. batches.Select(batch => batch.Shard)],
            options.Mapping,
            seed,
            async (send, _) =>
            {
                foreach (var batch in batches)
                {
                    await send(batch.Shard, new RecordChunk(batch.Records, NoBuffer.Instance));
                }
            },
            beforeCommit: null,
            cancellation);
    }

    /// <summary>A pipe cannot be read twice, so nothing of it can be replayed: each session is an input of its own, and dedupe meets what is sent again.</summary>
    private async Task FollowStandardInput(Stream standardInput, RunOptions options, ulong seed, CancellationToken cancellation)
    {
        var id = "follow-" + _lake.Attempts.Next();
        var entry = await _catalog.EnterOnce(id, "standard input (followed)", options.Shards, NowUs(), cancellation);
        _counters.Enter(RunStage.Processing);
        long lines = 0;
        try
        {
            using var reader = InputFile.OpenStandardInput(standardInput, _pipeline.Settings.Limits);
            long bytes = 0;
            var feed = new LineFeed(reader, entry, _pipeline.Settings.PartitionKey, NowUs, () =>
            {
                _counters.AddRead(reader.BytesRead - bytes);
                bytes = reader.BytesRead;
            });
            await Map(
                entry.Lanes,
                options.Mapping,
                seed,
                async (send, stop) =>
                {
                    await feed.Produce(send, stop);
                    lines = reader.Lines;
                },
                beforeCommit: null,
                cancellation);
            if (reader.Damage is { } damage)
            {
                _damage.Add(damage);
            }
        }
        finally
        {
            await _catalog.Complete(entry, id, lines, CancellationToken.None);
        }
    }

    /// <summary>Takes a file once its size is the same in two looks; who writes slower than that moves whole files in.</summary>
    private async Task FollowFolder(string path, RunOptions options, ulong seed, CancellationToken cancellation)
    {
        if (!Directory.Exists(path))
        {
            throw new InputException($"--follow needs a folder or standard input, and {path} is neither; to follow a file: tail -n +1 -F {path} | streampipeline run --follow --input - …");
        }

        var done = new HashSet<(string Name, long Bytes)>();
        var seen = new HashSet<(string Name, long Bytes)>();
        while (true)
        {
            var files = InputFolder.List(path);
            var due = files.Where(file => seen.Contains(file) && !done.Contains(file)).ToDictionary(file => file.Name, StringComparer.Ordinal);
            foreach (var file in LambdaEventOrder.Of([.. due.Keys.Select(name => InputFile.Open(Path.Combine(path, name), name))]))
            {
                await RunFile(file, options, seed, cancellation);
                done.Add(due[file.Name]);
            }

            seen = [.. files];
            await Task.Delay(_followInterval, _time, cancellation);
        }
    }

    private async Task Map(
        IReadOnlyList<string> shards,
        MappingSettings settings,
        ulong seed,
        Func<EventSourceMapping.Send, CancellationToken, Task> produce,
        Func<MicroBatch, CancellationToken, ValueTask>? beforeCommit,
        CancellationToken cancellation)
    {
        if (shards.Where(shard => !_consumers.ContainsKey(shard)).ToList() is { Count: > 0 } added)
        {
            var parents = (await _catalog.Shards(cancellation)).ToDictionary(shard => shard.Shard, StringComparer.Ordinal);
            foreach (var shard in added)
            {
                _consumers.Add(shard, new ObservedConsumer(_pipeline, parents[shard], seed, _lake, _time));
            }
        }

        // Lanes that keep the processors busy by themselves gain nothing from batches ahead, and memory is saved.
        var ahead = Math.Clamp(Environment.ProcessorCount - shards.Count, 0, settings.BatchesAhead);
        var mapping = new EventSourceMapping(settings with { BatchesAhead = ahead }, _time, shard => new EventSourceMapping.Consumer(CommitTo(_consumers[shard]), _consumers[shard].Prepare), OnCommit);
        await mapping.Run(shards, produce, cancellation);

        EventSourceMapping.Commit CommitTo(ObservedConsumer consumer) => beforeCommit is null ? consumer.Commit : async (batch, stop) =>
        {
            await beforeCommit(batch, stop);
            return await consumer.Commit(batch, stop);
        };
    }

    private void OnCommit(BatchReport report)
    {
        _counters.Add(report);
        _maintenance.Committed(report);
    }

    private long NowUs() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / 10;

    private static ulong NewSeed()
    {
        Span<byte> seed = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(seed);
        return BinaryPrimitives.ReadUInt64LittleEndian(seed);
    }
}
