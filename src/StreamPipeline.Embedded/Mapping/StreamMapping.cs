using StreamPipeline.Core.Streams;

namespace StreamPipeline.Embedded.Mapping;

/// <summary>
/// The event source mapping of a Kinesis stream: one lane per shard, parents before children, checkpoints in the state table. Shards that appear
/// while it runs (a split, a merge) get their lanes once all of their parents have ended and everything of them is settled.
/// </summary>
/// <param name="stream">Lists and reads shards.</param>
/// <param name="checkpoints">Where to go on.</param>
/// <param name="settings">How records are cut and delivered.</param>
/// <param name="options">Where to start, when to end.</param>
/// <param name="time">Pauses.</param>
/// <param name="prepare">Called before a shard's first record is delivered, with what its own state says is committed already; gives its function.</param>
internal sealed class StreamMapping(
    IRecordStream stream, MappingCheckpoints checkpoints, MappingSettings settings, StreamMappingOptions options, TimeProvider time, PrepareShard prepare)
{
    public async Task Run(CancellationToken cancellation)
    {
        using var turns = new SemaphoreSlim(settings.BatchesAtOnce);
        using var room = new SemaphoreSlim(settings.BatchesAhead);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new Dictionary<string, Task<bool>>(StringComparer.Ordinal);
        var settled = new Dictionary<string, bool>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                await Start(running, settled, turns, room, stop.Token);
                if (running.Count == 0)
                {
                    return;
                }

                await Task.WhenAny([.. running.Values, .. options.Follow ? [Task.Delay(options.ListInterval, time, stop.Token)] : (Task[])[]]);
                foreach (var (shard, _) in running.Where(entry => entry.Value.IsCompleted).ToList())
                {
                    running.Remove(shard, out var ended);
                    settled[shard] = await ended!;
                }

                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running.Values).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    /// <summary>Starts every shard whose parents are done with.</summary>
    private async Task Start(Dictionary<string, Task<bool>> running, Dictionary<string, bool> settled, SemaphoreSlim turns, SemaphoreSlim room, CancellationToken cancellation)
    {
        var shards = await stream.Shards(cancellation);
        var listed = shards.Select(shard => shard.Shard).ToHashSet(StringComparer.Ordinal);
        foreach (var shard in shards)
        {
            if (running.ContainsKey(shard.Shard) || settled.ContainsKey(shard.Shard))
            {
                continue;
            }

            if (await checkpoints.Read(shard.Shard, cancellation) is { Ended: true })
            {
                settled.Add(shard.Shard, true);
            }
        }

        // A parent that the stream tells of no more is past its retention: nothing of it can be read.
        foreach (var shard in shards)
        {
            if (!running.ContainsKey(shard.Shard) && !settled.ContainsKey(shard.Shard)
                && shard.Parents.All(parent => !listed.Contains(parent) || settled.GetValueOrDefault(parent)))
            {
                var isChild = shard.Parents.Any(listed.Contains);
                running.Add(shard.Shard, Task.Run(() => RunShard(shard, isChild, turns, room, cancellation), CancellationToken.None));
            }
        }
    }

    /// <returns>Whether the shard has ended; otherwise its tip was reached.</returns>
    private async Task<bool> RunShard(StreamShard shard, bool isChild, SemaphoreSlim turns, SemaphoreSlim room, CancellationToken cancellation)
    {
        var prepared = await prepare(shard, cancellation);
        var checkpoint = await checkpoints.Read(shard.Shard, cancellation);
        var progress = new ShardProgress(shard.Shard, checkpoint?.Sequence, prepared.Committed, checkpoints, options.CheckpointInterval, time);
        var delivery = new BatchDelivery(
            settings, time, EventSourceMapping.InTurn(prepared.Invoke, turns), options.Discard, options.OnCommit, progress.Settled);
        var lane = new Lane(shard.Shard, delivery.Deliver, prepared.Ahead is { } ahead ? new BatchesAhead(ahead, room) : null, settings, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reader = new ShardReader(stream, shard.Shard, options, time);

        var start = progress.Last is { } last ? new StreamPosition(false, last) : await StartOf(shard, isChild, checkpoint, cancellation);
        var reading = Task.Run(() => reader.Run(start, lane.Writer, stop.Token), CancellationToken.None);
        try
        {
            await lane.Run(cancellation);
        }
        catch
        {
            await stop.CancelAsync();
            await reading.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await progress.Flush(ended: false, CancellationToken.None);
            throw;
        }

        var ended = await reading;
        await progress.Flush(ended, cancellation);
        return ended;
    }

    /// <summary>Where a shard starts of which nothing is settled.</summary>
    private async ValueTask<StreamPosition> StartOf(StreamShard shard, bool isChild, MappingCheckpoint? checkpoint, CancellationToken cancellation)
    {
        // What is older than a child of a listed parent does not exist; only the stream's first shards can be begun at their tip.
        if (isChild || !options.Start.Latest)
        {
            return isChild ? StreamPosition.TrimHorizon : options.Start;
        }

        // What arrives between this run's first read and its first record is the next run's too.
        if (checkpoint?.TipUs is { } tipUs)
        {
            return new StreamPosition(false, FromUs: tipUs);
        }

        var nowUs = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        await checkpoints.Write(shard.Shard, new MappingCheckpoint(null, Ended: false, nowUs), cancellation);
        return options.Start;
    }
}

/// <summary>What a mapping needs to know of a shard before it delivers.</summary>
/// <param name="Invoke">The function, for this shard's batches.</param>
/// <param name="Committed">The last sequence number that is committed; null: none.</param>
/// <param name="Ahead">Does ahead what can be done of the next batch, beside the function; null: nothing can.</param>
internal sealed record PreparedShard(
    Func<Core.Decoding.MicroBatch, CancellationToken, ValueTask<Invocation>> Invoke,
    Core.Decoding.SequenceNumber? Committed,
    Action<Core.Decoding.MicroBatch>? Ahead = null);

internal delegate ValueTask<PreparedShard> PrepareShard(StreamShard shard, CancellationToken cancellation);

/// <summary>How a stream is read.</summary>
internal sealed record StreamMappingOptions
{
    /// <summary>Where shards without a checkpoint start.</summary>
    public StreamPosition Start { get; init; }

    /// <summary>Go on at the tip; false: the run ends once every shard was read to where it ended or to its tip.</summary>
    public bool Follow { get; init; }

    /// <summary>Wait between two reads of a shard at its tip. Kinesis allows five reads a second and shard.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Least time between two reads of a shard that is behind.</summary>
    public TimeSpan ReadInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often new shards are looked for while none ends.</summary>
    public TimeSpan ListInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a checkpoint is written while a lane is busy. Discards write it at once.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The on-failure destination; null: nothing is ever discarded.</summary>
    public Discard? Discard { get; init; }

    public Action<Core.Commit.BatchReport> OnCommit { get; init; } = _ => { };
}
