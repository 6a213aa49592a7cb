using System.Text;
using StreamPipeline.Core.Redrive;
using StreamPipeline.Simulation.Tests.Source;

namespace StreamPipeline.Simulation.Tests.Oracle;

/// <summary>What redrives were asked for, and which events were redriven: each once, in the lane of its shard.</summary>
internal sealed class RedriveOracle(SimulatedStream stream)
{
    private readonly SortedDictionary<string, SourceShard> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Run, string Lane), (IReadOnlyList<QuarantineRow> Rows, bool Wider)> _asked = [];
    private readonly HashSet<(string Shard, string Sequence)> _redriven = [];

    public IEnumerable<SourceShard> Lanes => _lanes.Values;

    /// <summary>Everything that is in quarantine, or will be once it is folded; what failed again included.</summary>
    public IEnumerable<QuarantineRow> Quarantined => stream.Shards.Concat(Lanes).SelectMany(shard => shard.Oracle?.Quarantine ?? []);

    /// <summary>Records of all lanes.</summary>
    public int Redriven => Lanes.Sum(lane => lane.Records.Count);

    public SourceShard LaneOf(string shard)
    {
        var id = RedriveLane.Of(shard);
        if (!_lanes.TryGetValue(id, out var lane))
        {
            _lanes.Add(id, lane = new SourceShard(id, [], 0, 0));
        }

        return lane;
    }

    /// <summary>A process is to redrive the rows, all of one lane, with the pipeline or with the wider one.</summary>
    public void Ask(string run, SourceShard lane, IReadOnlyList<QuarantineRow> rows, bool wider) => _asked[(run, lane.Id)] = (rows, wider);

    /// <summary>The process commits: its lane now has those of the rows that it did not have before.</summary>
    /// <returns>Whether the wider pipeline judges them.</returns>
    public bool Commit(string run, SourceShard lane)
    {
        var (rows, wider) = _asked[(run, lane.Id)];
        foreach (var row in rows.Where(row => _redriven.Add((row.Shard, row.Sequence))))
        {
            var sequence = (lane.Records.Count == 0 ? 0 : lane.Records[^1].Sequence) + 1;
            lane.Accept(new SourceRecord(sequence, row.ArrivalUs, [EventOf(row)], Encoding.UTF8.GetBytes(row.Raw)));
        }

        return wider;
    }

    public bool IsRedriven(QuarantineRow row) => _redriven.Contains((row.Shard, row.Sequence));

    /// <summary>The shard and those that descend from it: where copies of its events may be.</summary>
    public List<SourceShard> FamilyOf(SourceShard lane)
    {
        List<SourceShard> family = [stream.Find(RedriveLane.RootOf(lane.Id))];
        for (var i = 0; i < family.Count; i++)
        {
            family.AddRange(stream.Shards.Where(shard => shard.Parents.Contains(family[i]) && !family.Contains(shard)));
        }

        return family;
    }

    private SourceEvent EventOf(QuarantineRow row)
    {
        var shard = RedriveLane.IsLane(row.Shard) ? LaneOf(row.Shard) : stream.Find(row.Shard);
        var colon = row.Sequence.IndexOf(':', StringComparison.Ordinal);
        var record = shard.Records[shard.IndexOf(colon < 0 ? row.Sequence : row.Sequence[..colon])];
        return record.Events[colon < 0 ? 0 : int.Parse(row.Sequence[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture)];
    }
}

/// <summary>What a batch of a lane is judged by beside its own keys.</summary>
/// <param name="Family">Shards whose keys the lane must see, and which see its keys from now on.</param>
/// <param name="Unsure">Shards whose keys it may see: parents, outside the family, of a shard that has not started.</param>
/// <param name="NowUs">Keys that expired before may be forgotten: the store has removed them, or not.</param>
/// <param name="Landed">Sequence numbers in the batch's silver rows: the answer where both are right.</param>
/// <param name="Wider">A wider rule judges.</param>
internal sealed record LaneView(
    IReadOnlyList<ShardOracle> Family, IReadOnlyList<ShardOracle> Unsure, long NowUs, IReadOnlySet<string> Landed, bool Wider);
