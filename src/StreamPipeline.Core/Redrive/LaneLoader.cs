using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Redrive;

/// <summary>What a lane must know before it processes a batch: which events it had, and the keys of its shard's family.</summary>
internal sealed class LaneLoader(Pipeline pipeline, string root, ulong seed, IStateStore state, StreamCatalog catalog, IAttemptIds attempts)
{
    private readonly string _lane = RedriveLane.Of(root);
    private readonly SourceFamily _family = new(pipeline, root, state, catalog, attempts);
    private readonly ShardLineage _lineage = new(pipeline, state, attempts);
    private readonly ShardLoader _segments = new(
        pipeline, new ShardEntry(RedriveLane.Of(root), []), seed, state, new ShardLineage(pipeline, state, attempts));

    /// <summary>The events that were not redriven by <paramref name="head"/>; of those given twice, the first.</summary>
    public async ValueTask<List<RedriveEvent>> Fresh(IReadOnlyList<RedriveEvent> events, ShardHead? head, CancellationToken cancellation)
    {
        var known = await RedroveItems.Load(state, StateKeys.ShardPk(pipeline.Settings.Stream, _lane), head, cancellation);
        return [.. events.Where(e => known.Add(e.Fingerprint(seed)))];
    }

    public ValueTask<SourceView> View(CancellationToken cancellation) => _family.Read(cancellation);

    /// <summary>The caller disposes it.</summary>
    /// <param name="head">The lane's; null in a dry run without a lane.</param>
    /// <param name="view">Which shards' keys count.</param>
    /// <param name="arrivalUs">The least arrival time of what is to be processed.</param>
    /// <param name="cancellation">Stops between reads.</param>
    public async ValueTask<ShardMemory> Load(ShardHead? head, SourceView view, long arrivalUs, CancellationToken cancellation)
    {
        var memory = pipeline.NewShard(seed);
        try
        {
            memory.WatermarkUs = head?.WatermarkUs ?? (await _lineage.ReadHead(root, cancellation))?.WatermarkUs ?? long.MinValue;
            foreach (var shard in view.Ancestors)
            {
                await _segments.LoadSegments(shard, await _lineage.ReadHead(shard, cancellation), memory.Seen, arrivalUs, cancellation);
            }

            await _segments.LoadSegments(_lane, head, memory.Seen, arrivalUs, cancellation);
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Each event is a record of its own; numbers go on where the lane's head stands.</summary>
    public static MicroBatch BatchOf(string lane, IReadOnlyList<RedriveEvent> events, ShardHead? head)
    {
        var last = UInt128.Parse(head?.LastSequence ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        return new MicroBatch(lane, [.. events.Select((e, i) => new StreamRecord(SequenceNumber.From(last + 1 + (uint)i), e.Data, e.ArrivalUs, e.Fault))]);
    }
}
