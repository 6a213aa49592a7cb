using System.Globalization;
using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Invariants;
using StreamPipeline.Simulation.Tests.Running;
using StreamPipeline.Simulation.Tests.Scheduling;

namespace StreamPipeline.Simulation.Tests.Source;

/// <summary>
/// The event source mapping: hands batches of each shard to processes, in order, until they are answered; and with every fault of such
/// mappings: invocations that time out while the process goes on, that are made twice, whose answers are lost, that are cut again.
/// </summary>
internal sealed class EventSource(World world, Action<SourceShard, int> acknowledged)
{
    private readonly Dice _dice = Dice.For(world.Scenario.Seed, "event source");
    private readonly List<ConsumerProcess> _processes = [];
    private int _started;

    public bool Idle => world.Stream.Shards.All(shard => shard.Active is null && !shard.HasMore);

    /// <summary>Arrival of the oldest record that waits, microseconds since the epoch; null: none does.</summary>
    public long? OldestWaitingUs => world.Stream.Shards.Where(shard => shard.HasMore).Select(shard => (long?)shard.Records[shard.Acked].ArrivalUs).Min();

    public IEnumerable<Actor> Actors => _processes.Select(process => process.Actor);

    /// <summary>Invokes a process for a shard that waits. False when there is nothing to do.</summary>
    public bool Poll()
    {
        var waiting = world.Stream.Shards.Where(shard => shard is { Active: null, HasMore: true } && shard.Readable).ToList();
        if (waiting.Count == 0 || FreeProcess() is not { } process)
        {
            return false;
        }

        var shard = _dice.Pick(waiting);
        foreach (var parent in shard.Parents)
        {
            parent.Finished = true;
        }

        var size = Math.Min(shard.NextSizeMax, (int)_dice.Between(1, world.Scenario.BatchRecordsMax));
        var invocation = new Invocation(shard, shard.Acked, Math.Min(shard.Records.Count, shard.Acked + size), process.Actor.Name);
        shard.Active = invocation;
        Invoke(process, invocation);
        if (world.Mistake.AnswersEarly && shard.Active == invocation)
        {
            Answer(invocation, null);
        }

        if (world.Faults.Happens(Fault.DuplicateInvocation) && FreeProcess() is { } second)
        {
            Invoke(second, new Invocation(shard, invocation.From, invocation.To, second.Actor.Name));
        }

        return true;
    }

    /// <summary>Stops waiting for an invocation; its process goes on and may commit or not.</summary>
    public void TimeOut()
    {
        var active = world.Stream.Shards.Where(shard => shard.Active is not null).ToList();
        if (active.Count > 0)
        {
            Answer(_dice.Pick(active).Active!, new TimeoutException());
        }
    }

    /// <summary>The checkpoint falls back: the source starts again at an older position.</summary>
    public void Rewind(Dice dice)
    {
        var shards = world.Stream.Shards.Where(shard => shard is { Active: null, Finished: false, Acked: > 0 }).ToList();
        if (shards.Count > 0)
        {
            var shard = dice.Pick(shards);
            shard.Acked -= (int)dice.Between(1, Math.Min(shard.Acked, 20));
            world.Trace.Note("source", $"{shard.Id} starts again", shard.Acked.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>A process dies with all it remembers.</summary>
    public void Crash(Actor actor)
    {
        actor.Kill();
        world.Pump.Abandon(actor);
        _processes.RemoveAll(process => process.Actor == actor);
        foreach (var shard in world.Stream.Shards.Where(shard => shard.Active?.Process == actor.Name))
        {
            Answer(shard.Active!, new IOException("the process died"));
        }
    }

    private void Invoke(ConsumerProcess process, Invocation invocation)
    {
        world.Trace.Note("source", $"{invocation.Shard.Id} [{invocation.From}, {invocation.To})", process.Actor.Name);
        process.Invoke(invocation, error =>
        {
            Allowed.Check(process.Actor, error);
            if (invocation.Shard.Active == invocation)
            {
                Answer(invocation, error is null && world.Faults.Happens(Fault.ResponseLost) ? new IOException("the answer got lost") : error);
            }
        });
    }

    private void Answer(Invocation invocation, Exception? error)
    {
        var shard = invocation.Shard;
        shard.Active = null;
        world.Trace.Note("source", $"{shard.Id} [{invocation.From}, {invocation.To})", error?.GetType().Name ?? "done");
        if (error is null)
        {
            shard.NextSizeMax = int.MaxValue;
            shard.Acked = invocation.To;
            acknowledged(shard, invocation.To);
        }
        else if (world.Faults.Happens(Fault.Bisect))
        {
            shard.NextSizeMax = Math.Max(1, (invocation.To - invocation.From) / 2);
        }
    }

    private ConsumerProcess? FreeProcess()
    {
        var free = _processes.FindAll(process => !process.Actor.Busy && process.Actor.PausedUntilStep <= world.Trace.Step);
        if (_processes.Count < world.Scenario.ProcessesMax && (free.Count == 0 || _dice.Chance(0.2)))
        {
            var process = new ConsumerProcess(world, string.Create(CultureInfo.InvariantCulture, $"p{++_started}"));
            _processes.Add(process);
            return process;
        }

        return free.Count == 0 ? null : _dice.Pick(free);
    }
}

/// <summary>How work may end.</summary>
internal static class Allowed
{
    /// <summary>A store that did not answer, or other processes that were faster: try again. Anything else is a bug.</summary>
    public static void Check(Actor actor, Exception? error)
    {
        if (error is not (null or StateUncertainException or IOException))
        {
            throw new InvariantViolation("only transient errors leave the code", $"{actor.Name}: {error}");
        }
    }
}
