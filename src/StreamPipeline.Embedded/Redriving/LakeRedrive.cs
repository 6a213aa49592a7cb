using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Redrive;
using StreamPipeline.Embedded.Running;
using StreamPipeline.Embedded.Sources;

namespace StreamPipeline.Embedded.Redriving;

/// <summary>Redrives events into a lake: selects them, hands them to one consumer per lane, then folds and rolls as a run does.</summary>
public sealed class LakeRedrive(Pipeline pipeline, OpenLake lake, TimeProvider time)
{
    private const int BatchEventsMax = 10_000;
    private const long BatchBytesMax = 6 << 20;

    private readonly StreamCatalog _catalog = new(lake.State, pipeline.Settings.Stream, lake.Attempts);
    private readonly RedriveTally _tally = new();
    private readonly Dictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);

    /// <summary>Once per instance.</summary>
    /// <exception cref="InputException">A file cannot be read.</exception>
    /// <exception cref="InputRefusedException">The lake does not know the stream, or a shard cannot be redriven now.</exception>
    /// <exception cref="Query.LakeQueryException">The condition is not SQL over the quarantine table.</exception>
    public async Task<RedriveReport> Run(RedriveOptions options, CancellationToken cancellation)
    {
        var stream = await _catalog.Find(cancellation)
            ?? throw new InputRefusedException($"the lake holds nothing of stream {pipeline.Settings.Stream} yet: run --input first");
        var maintenance = new LakeMaintenance(pipeline, lake, time);
        if (!options.DryRun)
        {
            await maintenance.Open(cancellation);
            await maintenance.Fold(cancellation);
        }

        using var bronze = new BronzeEvents(pipeline, lake.State, lake.Objects);
        var events = options.From == RedriveOptions.Quarantine
            ? new QuarantineSelection(pipeline, lake, options, _tally).Read(bronze, cancellation)
            : new FileSelection(pipeline, stream, _tally, time).Read(options.From, bronze, cancellation);
        try
        {
            await Redrive(events, stream.Seed, options.DryRun, cancellation);
        }
        finally
        {
            await Close();
        }

        if (!options.DryRun)
        {
            // Windows that were rolled before their time are rolled again, so that gold stays complete.
            var roll = await RollHead.Read(lake.State, pipeline.Settings.Stream, cancellation);
            await maintenance.Finish(closeWindows: roll?.Shards.Count > 0, cancellation);
        }

        return _tally.Report();
    }

    private async Task Redrive(IAsyncEnumerable<RedriveEvent> events, ulong seed, bool dryRun, CancellationToken cancellation)
    {
        await foreach (var e in events.WithCancellation(cancellation))
        {
            var lane = RedriveLane.Of(e.Shard);
            if (!_waiting.TryGetValue(lane, out var waiting))
            {
                waiting = dryRun
                    ? new Waiting(null, new RedriveTrial(pipeline, lane, seed, lake.State, _catalog, lake.Attempts))
                    : new Waiting(new RedriveConsumer(pipeline, lane, seed, lake.State, lake.Objects, _catalog, lake.Attempts), null);
                _waiting.Add(lane, waiting);
            }

            if (waiting.Events.Count == BatchEventsMax || (waiting.Events.Count > 0 && waiting.Bytes + e.Data.Length > BatchBytesMax))
            {
                await Flush(waiting, cancellation);
            }

            waiting.Events.Add(e);
            waiting.Bytes += e.Data.Length;
        }

        foreach (var waiting in _waiting.Values)
        {
            await Flush(waiting, cancellation);
        }
    }

    private async Task Flush(Waiting waiting, CancellationToken cancellation)
    {
        if (waiting.Events.Count == 0)
        {
            return;
        }

        if (waiting.Trial is { } trial)
        {
            _tally.Add(await trial.Judge(waiting.Events, cancellation));
        }
        else
        {
            _tally.Add(await waiting.Consumer!.Commit(waiting.Events, cancellation));
        }

        waiting.Events.Clear();
        waiting.Bytes = 0;
    }

    /// <summary>Also when the redrive fails: a lane that stays open holds windows open.</summary>
    private async Task Close()
    {
        foreach (var waiting in _waiting.Values)
        {
            waiting.Trial?.Dispose();
            if (waiting.Consumer is { } consumer)
            {
                await consumer.Close(CancellationToken.None);
            }
        }
    }

    /// <summary>The events of one lane that wait for a full batch, and who takes them.</summary>
    private sealed class Waiting(RedriveConsumer? consumer, RedriveTrial? trial)
    {
        public RedriveConsumer? Consumer => consumer;

        public RedriveTrial? Trial => trial;

        public List<RedriveEvent> Events { get; } = [];

        public long Bytes { get; set; }
    }
}
