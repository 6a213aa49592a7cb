using System.Text;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Redrive;
using StreamPipeline.Simulation.Tests.Invariants;
using StreamPipeline.Simulation.Tests.Oracle;
using StreamPipeline.Simulation.Tests.Scheduling;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>One redrive of rows of quarantine, lane by lane as the command does it: each commits, then closes.</summary>
internal sealed class Redriver(World world, IReadOnlyList<QuarantineRow> rows, bool wider)
{
    private const int RowsMax = 10;

    /// <summary>Some of what is in quarantine, in any order; at times a row twice.</summary>
    public static Redriver? Some(World world, Dice dice)
    {
        var all = world.Redrives.Quarantined.ToList();
        return all.Count == 0
            ? null
            : new Redriver(world, [.. Enumerable.Range(0, (int)dice.Between(1, RowsMax)).Select(_ => dice.Pick(all))], wider: dice.Chance(0.6));
    }

    /// <summary>All of it, so that whatever the wider rule takes must be in silver then; lanes that crashes left open are closed.</summary>
    public static Redriver All(World world) => new(world, [.. world.Redrives.Quarantined], wider: true);

    public async Task RunTwice(Actor actor)
    {
        await Run(actor);
        var once = world.Redrives.Redriven;
        await Run(actor);
        if (world.Redrives.Redriven != once)
        {
            throw new InvariantViolation("redriving twice changes nothing", $"{once} events were redriven, then {world.Redrives.Redriven}");
        }
    }

    public async Task Run(Actor actor)
    {
        var state = world.StateOf(actor);
        var objects = world.ObjectsOf(actor);
        var attempts = world.AttemptsOf(actor);
        var catalog = new StreamCatalog(state, TinyPipeline.Stream, attempts);
        var pipeline = wider ? world.WiderPipeline : world.Pipeline;
        foreach (var own in rows.GroupBy(row => RedriveLane.Of(row.Shard)).Select(group => group.ToList()).ToList())
        {
            var lane = world.Redrives.LaneOf(own[0].Shard);
            world.Redrives.Ask(actor.Name, lane, own, wider);
            var events = own.Select(row => new RedriveEvent(row.Shard, row.Sequence, Encoding.UTF8.GetBytes(row.Raw), row.ArrivalUs)).ToList();
            var redrive = new RedriveConsumer(pipeline, lane.Id, World.FingerprintSeed, state, objects, catalog, attempts);
            var entry = new ShardEntry(RedriveLane.RootOf(lane.Id), []);
            var source = new ShardConsumer(pipeline, entry, World.FingerprintSeed, state, objects, attempts);
            await world.Mistake.Redrive(redrive, source, events);
            if (own.Find(row => !world.Redrives.IsRedriven(row)) is { Shard: not null } left)
            {
                throw new InvariantViolation("what a redrive answers for is redriven", $"{actor.Name} left out {left}");
            }

            await redrive.Close(CancellationToken.None);
        }
    }
}
