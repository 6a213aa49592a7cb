using Apache.Arrow;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Dedup;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Redrive;
using StreamPipeline.Simulation.Tests.Oracle;
using StreamPipeline.Simulation.Tests.Running;
using StreamPipeline.Simulation.Tests.Source;

namespace StreamPipeline.Simulation.Tests.Invariants;

/// <summary>What must hold at every write of the state table; above all, that each commit says of its records what the oracle says.</summary>
internal sealed class CommitInvariants
{
    private const string ShardPrefix = "SHARD#" + TinyPipeline.Stream + "#";

    /// <summary>How much longer than its keys count a segment must be there: 8 days.</summary>
    private const long SegmentsStoredLongerUs = 8L * 24 * 60 * 60 * 1_000_000;

    private readonly World _world;
    private readonly Dictionary<string, int> _committed = new(StringComparer.Ordinal);
    private long _closedThroughUs = long.MinValue;
    private long _closingThroughUs = long.MinValue;

    public CommitInvariants(World world)
    {
        _world = world;
        world.State.Swapping = Swapping;
        world.State.Writing = Writing;
        world.State.Deleting = Deleting;
    }

    /// <summary>Records of the shard that are committed.</summary>
    public int CommittedOf(string shard) => _committed.GetValueOrDefault(shard);

    /// <summary>The event source was answered for the shard's first <paramref name="records"/> records.</summary>
    public void Acknowledged(SourceShard shard, int records)
    {
        if (records > CommittedOf(shard.Id))
        {
            throw new InvariantViolation(
                "an answer follows its commit", $"{shard.Id}: {records} records were answered and {CommittedOf(shard.Id)} are committed");
        }
    }

    private static void Writing(StateItem item)
    {
        if (item.Body.Length > IStateStore.BodyBytesMax)
        {
            throw new InvariantViolation("no item is over the limit", $"{item.Pk} {item.Sk} has {item.Body.Length} bytes");
        }
    }

    private void Deleting(StateItem item)
    {
        var isNamed = item.Sk switch
        {
            _ when !item.Pk.StartsWith(ShardPrefix, StringComparison.Ordinal) => false,
            _ when item.Sk.StartsWith("PANES#", StringComparison.Ordinal) => Head(item.Pk)?.Panes.Any(layer => item.Attempt == layer.Attempt) ?? false,
            _ when item.Sk.StartsWith("SEEN#", StringComparison.Ordinal) =>
                SeenSegment.TryParseSortKey(item.Sk, out var expiresUs, out _, out _) && expiresUs > _world.Clock.NowUs && _world.State.Read(item.Pk, StateKeys.Batch(item.Version))?.Attempt == item.Attempt,
            _ => true,
        };
        Require(!isNamed, "nothing referenced is deleted", $"{item.Pk} {item.Sk}");
    }

    private ShardHead? Head(string pk) => _world.State.Read(pk, StateKeys.Head) is { } item && pk.StartsWith(ShardPrefix, StringComparison.Ordinal)
        ? ShardHead.FromJson(item.Body.Span)
        : null;

    private void Swapping(IReadOnlyList<StateWrite> writes)
    {
        foreach (var item in writes.Select(write => write.Item).Where(item => item.Sk == StateKeys.Head))
        {
            if (item.Pk.StartsWith(ShardPrefix, StringComparison.Ordinal))
            {
                ShardSwapping(item, writes);
            }
            else if (item.Pk == StateKeys.RollPk(TinyPipeline.Stream))
            {
                RollSwapping(item);
            }
        }
    }

    private void RollSwapping(StateItem item)
    {
        var head = System.Text.Json.JsonSerializer.Deserialize(item.Body.Span, StateJson.Default.RollHead)!;
        if (head.ClosedThroughUs < _closedThroughUs)
        {
            throw new InvariantViolation("the roll never goes back", $"{_closedThroughUs} to {head.ClosedThroughUs}");
        }

        _closedThroughUs = head.ClosedThroughUs;
        _closingThroughUs = Math.Max(_closingThroughUs, head.ClosingThroughUs);
    }

    private void ShardSwapping(StateItem item, IReadOnlyList<StateWrite> writes)
    {
        var id = item.Pk[ShardPrefix.Length..];
        var isLane = RedriveLane.IsLane(id);
        var shard = isLane ? _world.Redrives.LaneOf(id) : _world.Stream.Find(id);
        var before = Head(item.Pk);
        var head = ShardHead.FromJson(item.Body.Span);
        var at = $"{shard.Id} generation {head.Generation}";
        Require(head.Generation == (before?.Generation ?? 0) + 1, "the head goes one generation at a time", at);
        Require(before is null || head.WatermarkUs >= before.WatermarkUs, "watermarks never fall", at);

        var written = writes.Where(write => write.Item.Pk == item.Pk && write.Item.Sk == StateKeys.Batch(head.Generation)).Select(write => write.Item).FirstOrDefault();
        Require(written is not null, "a head is swapped together with its batch", at);
        var batch = BatchItem.FromJson(written!.Body.Span);
        var oracle = shard.Oracle ??= Start(shard, at, _world.Stream.Windows);
        CheckWatermark(oracle, batch, head.Generation == 1, at);
        if (batch.Kind == BatchKind.Batch)
        {
            Require(before is not { Final: true }, "a final shard commits no records", at);
            CheckBatch(shard, head, batch, at);
        }
        else
        {
            Require(head.LastSequence == before?.LastSequence && batch.LastSequence is null, "only a batch moves the fence", at);
            Require(
                batch.Kind != BatchKind.Final || isLane || (shard.Closed && CommittedOf(shard.Id) == shard.Records.Count), "a shard is final only at its end", at);
        }

        CheckHead(head, oracle, at);
        CheckPanes(item.Pk, head, at);
    }

    /// <summary>A child starts when nothing can be added to its parents any more.</summary>
    private static ShardOracle Start(SourceShard shard, string at, WindowOracle windows)
    {
        Require(shard.Parents.All(parent => parent.Oracle is not null), "a child starts after its parents are final", at);
        return new ShardOracle(shard.Id, [.. shard.Parents.Select(parent => parent.Oracle!)], windows);
    }

    /// <summary>A watermark that no event made is that of another shard, or how far gold is closed: an item says so, and nothing else may.</summary>
    private void CheckWatermark(ShardOracle oracle, BatchItem batch, bool isFirst, string at)
    {
        if (batch.SealedWatermarkUs is not { } raisedUs)
        {
            return;
        }

        var greatestUs = _world.Stream.Shards.Concat(_world.Redrives.Lanes).Max(shard => shard.Oracle?.WatermarkUs ?? long.MinValue);
        Require(isFirst || batch.Kind is BatchKind.Seal or BatchKind.Open, "only a start or a seal raises a watermark without events", at);
        Require(raisedUs >= oracle.WatermarkUs, "watermarks never fall", at);
        Require(raisedUs <= Math.Max(greatestUs, _closingThroughUs), "a watermark is raised to that of another shard at most", at);
        oracle.Raise(raisedUs);
    }

    private void CheckBatch(SourceShard shard, ShardHead head, BatchItem batch, string at)
    {
        var from = CommittedOf(shard.Id);
        var lane = RedriveLane.IsLane(shard.Id) ? Redriving(shard, batch) : null;
        var first = shard.IndexOf(batch.FirstSequence!);
        var to = shard.IndexOf(batch.LastSequence!) + 1;
        Require(
            first == from && to > from && head.LastSequence == batch.LastSequence,
            "each record is committed once, in order",
            $"{at} commits [{first}, {to}) and {from} are committed");

        var start = shard.Oracle!.Tally;
        for (var i = from; i < to; i++)
        {
            shard.Oracle.Accept(shard.Records[i], lane);
        }

        var end = shard.Oracle.Tally;
        var expected = new Counts(
            end.Events - start.Events, end.Silver - start.Silver, end.Duplicates - start.Duplicates, end.Quarantined - start.Quarantined, end.Late - start.Late);
        if (batch.Counts != expected)
        {
            var invariant = (batch.Counts with { Late = expected.Late }) == expected
                ? "no on-time record is called late, and no late one on time"
                : "each record is silver, duplicate or quarantined as the oracle says";
            throw new InvariantViolation(invariant, $"{at} [{from}, {to}): {batch.Counts}, and the oracle says {expected}");
        }

        CheckStaged(batch, at);
        _committed[shard.Id] = to;
    }

    /// <summary>An attempt carries the name of its process, and the oracle knows what that was to redrive.</summary>
    private LaneView Redriving(SourceShard lane, BatchItem batch)
    {
        var wider = _world.Redrives.Commit(batch.Attempt[..batch.Attempt.LastIndexOf('n')], lane);
        var family = _world.Redrives.FamilyOf(lane);
        var unsure = family.Where(shard => shard.Oracle is null).SelectMany(shard => shard.Parents).Select(parent => parent.Oracle);
        return new LaneView(
            [.. family.Select(shard => shard.Oracle).OfType<ShardOracle>()], [.. unsure.OfType<ShardOracle>()], _world.Clock.NowUs, Landed(batch), wider);
    }

    private HashSet<string> Landed(BatchItem batch)
    {
        if (batch.Silver is not { } silver || _world.Objects.Get(silver.Key) is not { } content)
        {
            return [];
        }

        using var rows = StagedFile.Decode(content, silver);
        var sequences = (StringArray)rows.Column("_sequence");
        return [.. Enumerable.Range(0, rows.Length).Select(row => sequences.GetString(row))];
    }

    private static void CheckHead(ShardHead head, ShardOracle oracle, string at)
    {
        var tally = oracle.Tally;
        var totals = new Counts(tally.Events, tally.Silver, tally.Duplicates, tally.Quarantined, tally.Late);
        Require(head.Totals == totals, "a head's totals are the sums of its batches", $"{at}: {head.Totals}, and the oracle says {totals}");
        Require(
            head.LatePerMetric.GetValueOrDefault(WindowOracle.ByGroup) == tally.LateByGroup
                && head.LatePerMetric.GetValueOrDefault(WindowOracle.Overall) == tally.LateOverall,
            "late records are counted per metric", at);
        Require(
            head.WatermarkUs == tally.WatermarkUs,
            "the watermark is the greatest event time in silver, or what it was raised to", $"{at}: {head.WatermarkUs}, and the oracle says {tally.WatermarkUs}");
    }

    private void CheckStaged(BatchItem batch, string at)
    {
        foreach (var key in new[] { batch.Bronze, batch.Silver?.Key, batch.Quarantine?.Key }.OfType<string>())
        {
            Require(_world.Objects.IsWhole(key), "what a commit names is durable", $"{at} names {key}");
        }

        var pk = StateKeys.ShardPk(TinyPipeline.Stream, at.Split(' ')[0]);
        foreach (var sk in batch.SeenSegments)
        {
            // A redrive of what is older may write what the store deletes at once, and nobody has to know any more.
            Require(SeenSegment.TryParseSortKey(sk, out var expiresAtUs, out _, out _), "a segment's name has its expiry", $"{at} names {sk}");
            Require(_world.State.Read(pk, sk) is not null || expiresAtUs + SegmentsStoredLongerUs < _world.Clock.NowUs, "what a commit names is durable", $"{at} names {sk}");
        }
    }

    private void CheckPanes(string pk, ShardHead head, string at)
    {
        foreach (var layer in head.Panes)
        {
            for (var part = 0; part < layer.Parts; part++)
            {
                Require(
                    _world.State.Read(pk, StateKeys.Panes(layer.Attempt, part)) is not null, "what a commit names is durable", $"{at} names the layer {layer.Attempt}");
            }
        }
    }

    private static void Require(bool holds, string invariant, string detail)
    {
        if (!holds)
        {
            throw new InvariantViolation(invariant, detail);
        }
    }
}
