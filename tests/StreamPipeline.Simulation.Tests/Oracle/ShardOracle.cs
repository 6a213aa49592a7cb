using StreamPipeline.Simulation.Tests.Running;
using StreamPipeline.Simulation.Tests.Source;

namespace StreamPipeline.Simulation.Tests.Oracle;

/// <summary>
/// What must become of the records of one shard, in shard order, one at a time, without batches, commits or faults: the plain meaning of
/// the pipeline, written from its documentation. Only seals come from outside: who is idle is for the roll to say.
/// </summary>
internal sealed class ShardOracle
{
    // The horizon is rounded up to a bucket of max(1 s, horizon / 96).
    private const long BucketUs = TinyPipeline.HorizonUs / 96;

    private readonly string _shard;
    private readonly WindowOracle _windows;
    private readonly Dictionary<string, long> _expiresUs = new(StringComparer.Ordinal);
    private Tally _tally;

    public ShardOracle(string shard, IReadOnlyList<ShardOracle> parents, WindowOracle windows)
    {
        _shard = shard;
        _windows = windows;
        _tally = Tally.Start(parents.Count == 0 ? long.MinValue : parents.Max(parent => parent.WatermarkUs));
        foreach (var (id, expiresUs) in parents.SelectMany(parent => parent._expiresUs))
        {
            _expiresUs[id] = Math.Max(expiresUs, _expiresUs.GetValueOrDefault(id));
        }
    }

    public List<SilverRow> Silver { get; } = [];

    public List<QuarantineRow> Quarantine { get; } = [];

    public long WatermarkUs => _tally.WatermarkUs;

    /// <summary>Whether an event was redriven beside a copy that arrived within the horizon: by then the store had forgotten that one.</summary>
    public bool HasForgottenCopies { get; private set; }

    /// <summary>Of the records so far.</summary>
    public Tally Tally => _tally;

    /// <summary>A seal, or the start of a shard when gold is closed beyond its parents.</summary>
    public void Raise(long watermarkUs) => _tally = _tally with { WatermarkUs = Math.Max(_tally.WatermarkUs, watermarkUs) };

    /// <param name="record">The next of the shard.</param>
    /// <param name="lane">Of a record of a lane; otherwise null.</param>
    public void Accept(SourceRecord record, LaneView? lane = null)
    {
        for (var i = 0; i < record.Events.Count; i++)
        {
            Judge(record, i, lane);
        }
    }

    private void Judge(SourceRecord record, int index, LaneView? lane)
    {
        var item = record.Events[index];
        _tally = _tally with { Events = _tally.Events + 1 };
        var reason = item.Broken ? "malformed_json"
            : item.TimeUs > record.ArrivalUs + TinyPipeline.MaxFutureUs ? "future_event_time"
            : item.Amount < (lane is { Wider: true } ? -1 : 0) ? "quality"
            : null;
        if (reason is not null)
        {
            _tally = _tally with { Quarantined = _tally.Quarantined + 1 };
            Quarantine.Add(new QuarantineRow(_shard, record.SequenceOf(index), reason, item.Json(), record.ArrivalUs));
        }
        else if (IsDuplicate(record, index, lane))
        {
            _tally = _tally with { Duplicates = _tally.Duplicates + 1 };
        }
        else
        {
            var expiresUs = (record.ArrivalUs + TinyPipeline.HorizonUs + BucketUs - 1) / BucketUs * BucketUs;
            foreach (var oracle in (lane?.Family ?? []).Append(this))
            {
                oracle._expiresUs[item.Id] = Math.Max(expiresUs, oracle._expiresUs.GetValueOrDefault(item.Id));
            }

            Silver.Add(new SilverRow(_shard, record.SequenceOf(index), item.Id, item.TimeUs, item.Group, item.Amount, record.ArrivalUs));
            var (lateByGroup, lateOverall) = _windows.Add(item, _tally.WatermarkUs);
            _tally = _tally with
            {
                Silver = _tally.Silver + 1,
                Late = _tally.Late + (lateByGroup || lateOverall ? 1 : 0),
                LateByGroup = _tally.LateByGroup + (lateByGroup ? 1 : 0),
                LateOverall = _tally.LateOverall + (lateOverall ? 1 : 0),
                WatermarkUs = Math.Max(_tally.WatermarkUs, item.TimeUs),
            };
        }
    }

    private bool IsDuplicate(SourceRecord record, int index, LaneView? lane)
    {
        var id = record.Events[index].Id;
        if (lane is null)
        {
            return record.ArrivalUs < _expiresUs.GetValueOrDefault(id);
        }

        var seenUs = lane.Family.Append(this).Max(oracle => oracle._expiresUs.GetValueOrDefault(id));
        var maybeUs = lane.Unsure.Select(oracle => oracle._expiresUs.GetValueOrDefault(id)).Append(seenUs).Max();
        var isDuplicate = record.ArrivalUs < maybeUs
            && ((record.ArrivalUs < seenUs && lane.NowUs < seenUs) || !lane.Landed.Contains(record.SequenceOf(index)));
        HasForgottenCopies |= record.ArrivalUs < maybeUs && !isDuplicate;
        return isDuplicate;
    }
}
