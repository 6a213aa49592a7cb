using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Dedup;

namespace StreamPipeline.Core.Redrive;

/// <param name="Counts">What a redrive would add.</param>
/// <param name="Replayed">Events that were redriven before.</param>
/// <param name="Reasons">Quarantine reason → events.</param>
public sealed record TrialReport(Counts Counts, long Replayed, IReadOnlyDictionary<string, long> Reasons);

/// <summary>A redrive of one shard's events that only tells what would become of them: it reads, and writes nothing. The caller disposes it.</summary>
public sealed class RedriveTrial(Pipeline pipeline, string shard, ulong seed, IStateStore state, StreamCatalog catalog, IAttemptIds attempts) : IDisposable
{
    private readonly string _lane = RedriveLane.Of(shard);
    private readonly LaneLoader _loader = new(pipeline, RedriveLane.RootOf(shard), seed, state, catalog, attempts);
    private readonly ShardLineage _lineage = new(pipeline, state, attempts);
    private readonly KeyClaims? _claims = KeyClaims.For(pipeline, RedriveLane.Of(shard), state, attempts);
    private readonly HashSet<string> _tried = new(StringComparer.Ordinal);
    private readonly HashSet<UInt128> _taken = [];
    private ShardMemory? _memory;
    private ShardHead? _head;

    public void Dispose() => _memory?.Dispose();

    public async ValueTask<TrialReport> Judge(IReadOnlyList<RedriveEvent> events, CancellationToken cancellation)
    {
        if (_memory is null)
        {
            // All keys that are there: what follows may have arrived at any time.
            _head = await _lineage.ReadHead(_lane, cancellation);
            _memory = await _loader.Load(_head, await _loader.View(cancellation), arrivalUs: 0, cancellation);
        }

        var fresh = (await _loader.Fresh(events, _head, cancellation)).FindAll(e => _tried.Add($"{e.Shard}\n{e.Source}"));
        if (fresh.Count == 0)
        {
            return new TrialReport(default, events.Count, new Dictionary<string, long>());
        }

        using var judged = pipeline.Begin(LaneLoader.BatchOf(_lane, fresh, _head), 0, _memory.Desk);
        var firstCopies = _claims is null ? null : await _claims.Look(judged.Keys, _taken, cancellation);
        using var proposed = pipeline.Complete(judged, _memory, firstCopies);
        _memory.WatermarkUs = proposed.Windows.WatermarkUs;
        return new TrialReport(proposed.Counts, events.Count - fresh.Count, proposed.QuarantinedBy);
    }
}
