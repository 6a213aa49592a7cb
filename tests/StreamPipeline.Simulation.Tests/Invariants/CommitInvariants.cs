using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Oracle;
using StreamPipeline.Simulation.Tests.Running;
using StreamPipeline.Simulation.Tests.Source;

namespace StreamPipeline.Simulation.Tests.Invariants;

/// <summary>What must hold at every write of the state table; above all, that each commit says of its records what the oracle says.</summary>
internal sealed class CommitInvariants
{
    private const string ShardPrefix = "SHARD#" + TinyPipeline.Stream + "#";

    private readonly World _world;
    private readonly Dictionary<string, int> _committed = new(StringComparer.Ordinal);
    private long _closedThroughUs = long.MinValue;

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
        var head = item.Sk == StateKeys.Head || item.Sk.StartsWith("BATCH#", StringComparison.Ordinal) ? null : Head(item.Pk);
        var named = head is not null && item.Sk.StartsWith("PANES#", StringComparison.Ordinal) && head.Panes.Any(layer => item.Attempt == layer.Attempt);
        if (head is null && item.Pk.StartsWith(ShardPrefix, StringComparison.Ordinal) && !item.Sk.StartsWith("PANES#", StringComparison.Ordinal))
        {
            named = true;
        }

        if (named)
        {
            throw new InvariantViolation("nothing referenced is deleted", $"{item.Pk} {item.Sk}");
        }
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
    }

    private void ShardSwapping(StateItem item, IReadOnlyList<StateWrite> writes)
    {
        var shard = _world.Stream.Find(item.Pk[ShardPrefix.Length..]);
        var before = Head(item.Pk);
        var head = ShardHead.FromJson(item.Body.Span);
        var at = $"{shard.Id} generation {head.Generation}";
        Require(head.Generation == (before?.Generation ?? 0) + 1, "the head goes one generation at a time", at);
        Require(before is null || head.WatermarkUs >= before.WatermarkUs, "watermarks never fall", at);

        var batch = writes.Where(write => write.Item.Sk == StateKeys.Batch(head.Generation)).Select(write => write.Item).FirstOrDefault();
        Require(batch is not null, "a head is swapped together with its batch", at);
        CheckBatch(shard, head, BatchItem.FromJson(batch!.Body.Span), at);
        CheckPanes(item.Pk, head, at);
    }

    private void CheckBatch(SourceShard shard, ShardHead head, BatchItem batch, string at)
    {
        var from = CommittedOf(shard.Id);
        var first = shard.IndexOf(batch.FirstSequence);
        var to = shard.IndexOf(batch.LastSequence) + 1;
        Require(
            first == from && to > from && head.LastSequence == batch.LastSequence,
            "each record is committed once, in order",
            $"{at} commits [{first}, {to}) and {from} are committed");

        var (start, end) = (shard.Oracle.After(from), shard.Oracle.After(to));
        var expected = new Counts(
            end.Events - start.Events, end.Silver - start.Silver, end.Duplicates - start.Duplicates, end.Quarantined - start.Quarantined, end.Late - start.Late);
        if (batch.Counts != expected)
        {
            var invariant = (batch.Counts with { Late = expected.Late }) == expected
                ? "no on-time record is called late, and no late one on time"
                : "each record is silver, duplicate or quarantined as the oracle says";
            throw new InvariantViolation(invariant, $"{at} [{from}, {to}): {batch.Counts}, and the oracle says {expected}");
        }

        var totals = new Counts(end.Events, end.Silver, end.Duplicates, end.Quarantined, end.Late);
        Require(head.Totals == totals, "a head's totals are the sums of its batches", $"{at}: {head.Totals}, and the oracle says {totals}");
        Require(
            head.LatePerMetric[WindowOracle.ByGroup] == end.LateByGroup && head.LatePerMetric[WindowOracle.Overall] == end.LateOverall,
            "late records are counted per metric", at);
        Require(head.WatermarkUs == end.WatermarkUs, "the watermark is the greatest event time in silver", $"{at}: {head.WatermarkUs}, and the oracle says {end.WatermarkUs}");
        CheckStaged(batch, at);
        _committed[shard.Id] = to;
    }

    private void CheckStaged(BatchItem batch, string at)
    {
        foreach (var key in new[] { batch.Bronze, batch.Silver?.Key, batch.Quarantine?.Key }.OfType<string>())
        {
            Require(_world.Objects.Exists(key), "what a commit names is durable", $"{at} names {key}");
        }

        var pk = StateKeys.ShardPk(TinyPipeline.Stream, at.Split(' ')[0]);
        foreach (var sk in batch.SeenSegments)
        {
            Require(_world.State.Read(pk, sk) is not null, "what a commit names is durable", $"{at} names {sk}");
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
