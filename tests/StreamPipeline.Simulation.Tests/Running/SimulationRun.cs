using System.Globalization;
using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Invariants;
using StreamPipeline.Simulation.Tests.Mistakes;
using StreamPipeline.Simulation.Tests.Scheduling;
using StreamPipeline.Simulation.Tests.Source;

namespace StreamPipeline.Simulation.Tests.Running;

/// <param name="Scenario">What was run.</param>
/// <param name="TraceHash">Of the whole history.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Violation">Null: every invariant held.</param>
/// <param name="History">Empty unless it was recorded.</param>
internal sealed record SimulationResult(
    Scenario Scenario, ulong TraceHash, long Steps, InvariantViolation? Violation, IReadOnlyList<string> History);

/// <summary>
/// One history: chaos until the producers are done and the lag is gone, then quiet, in which everything must come to rest and the lake must be
/// what the oracle says. Single-threaded: nothing runs but the pump.
/// </summary>
internal sealed class SimulationRun
{
    private const int ChaosStepsMax = 20_000;

    /// <summary>Liveness: once faults stop, this many steps are enough. Far above what any run needs, far below forever.</summary>
    private const int QuietStepsMax = 20_000;

    /// <summary>One seed in so many is verified as well, by the command's own code: it reads the whole lake again.</summary>
    private const ulong VerifiedSeeds = 8;

    private const long MinuteUs = 60_000_000, DayUs = 24 * 60 * MinuteUs;

    private readonly World _world;
    private readonly EventSource _source;
    private readonly Maintenance _maintenance;
    private readonly FinalInvariants _final;
    private readonly Dice _dice;

    private SimulationRun(World world)
    {
        _world = world;
        var commits = new CommitInvariants(world);
        _source = new EventSource(world, commits.Acknowledged);
        _maintenance = new Maintenance(world);
        _final = new FinalInvariants(world, commits, new LakeInvariants(world));
        _dice = Dice.For(world.Scenario.Seed, "world");
    }

    public static SimulationResult Run(Scenario scenario, Pipeline pipeline, Mistake mistake, bool recording = false)
    {
        var world = new World(scenario, pipeline, mistake, recording);
        InvariantViolation? violation = null;
        var context = SynchronizationContext.Current;

        // Continuations run inline, here, and nowhere else.
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var simulation = new SimulationRun(world);
            simulation.RegisterShards();
            simulation.RunChaos();
            simulation.RunQuiet();
            simulation._final.Check();
        }
        catch (InvariantViolation found)
        {
            violation = found;
            world.Trace.Note("invariant", found.Invariant, found.Detail);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        return new SimulationResult(scenario, world.Trace.Hash, world.Trace.Step, violation, world.Trace.Lines);
    }

    /// <summary>The shards of the start are known before anything rolls: a roll waits for the shards it knows.</summary>
    private void RegisterShards()
    {
        _world.Faults.Active = false;
        var actor = new Actor("setup");
        var catalog = new StreamCatalog(_world.StateOf(actor), TinyPipeline.Stream, _world.AttemptsOf(actor));
        foreach (var shard in _world.Stream.Shards)
        {
            actor.Start(() => catalog.Register(ConsumerProcess.EntryOf(shard), CancellationToken.None).AsTask(), _ => { });
            Settle(() => false, () => true, QuietStepsMax, "shards can be registered");
        }

        _world.Faults.Active = true;
    }

    private void RunChaos()
    {
        for (var step = 0; step < ChaosStepsMax && (_world.Stream.Remaining > 0 || !_source.Idle); step++)
        {
            _world.Trace.Step++;
            Misfortune();
            if (_dice.Chance(0.82) && _world.Pump.Step())
            {
                continue;
            }

            Proceed();
        }
    }

    /// <summary>What happens in an ordinary world.</summary>
    private void Proceed()
    {
        if (_world.Stream.Remaining > 0 && _dice.Chance(0.35))
        {
            _world.Stream.Produce();
        }
        else if (!_maintenance.Folding && _dice.Chance(0.012))
        {
            _maintenance.Fold();
        }
        else if (!_maintenance.Rolling && _dice.Chance(0.02))
        {
            _maintenance.Roll(closeAll: _dice.Chance(0.2));
        }
        else
        {
            _source.Poll();
        }
    }

    /// <summary>What is not the fault of a single call.</summary>
    private void Misfortune()
    {
        var faults = _world.Faults;
        if (faults.Happens(Fault.Crash))
        {
            Crash(faults.DiceOf(Fault.Crash));
        }

        if (faults.Happens(Fault.Zombie))
        {
            Pause(faults.DiceOf(Fault.Zombie));
        }

        if (faults.Happens(Fault.InvocationTimeout))
        {
            _source.TimeOut();
        }

        if (faults.Happens(Fault.Rewind))
        {
            _source.Rewind(faults.DiceOf(Fault.Rewind));
        }

        if (faults.Happens(Fault.Split))
        {
            _world.Stream.Split(faults.DiceOf(Fault.Split));
        }

        if (faults.Happens(Fault.Merge))
        {
            _world.Stream.Merge(faults.DiceOf(Fault.Merge));
        }

        if (faults.Happens(Fault.OverlappingFold))
        {
            _maintenance.Fold();
        }

        if (faults.Happens(Fault.OverlappingRoll))
        {
            _maintenance.Roll(closeAll: faults.DiceOf(Fault.OverlappingRoll).Chance(0.5));
        }

        if (faults.Happens(Fault.Vacuum))
        {
            _maintenance.Vacuum(faults.DiceOf(Fault.Vacuum).Between(0, 30) * MinuteUs);
        }

        if (faults.Happens(Fault.Redrive) && Redriver.Some(_world, faults.DiceOf(Fault.Redrive)) is { } redriver)
        {
            _maintenance.Redrive(redriver.Run);
        }

        PassTime(faults);
    }

    private void PassTime(FaultPlan faults)
    {
        // A source keeps records for a week at most: what waits longer is lost before it gets here.
        var waitsForUs = _world.Clock.NowUs - (_source.OldestWaitingUs ?? _world.Clock.NowUs);
        if (faults.Happens(Fault.IdleHour) && waitsForUs < 6 * DayUs)
        {
            _world.Clock.Advance(faults.DiceOf(Fault.IdleHour).Between(10, 90) * MinuteUs);
        }

        if (faults.Happens(Fault.IdleDays) && _source.Idle)
        {
            _world.Clock.Advance(faults.DiceOf(Fault.IdleDays).Between(1, 20) * DayUs);
        }

        if (faults.Happens(Fault.ExpiredItemsVanish))
        {
            foreach (var item in _world.State.All().Where(item => item.ExpiresAtUs + item.StoredLongerUs < _world.Clock.NowUs).ToList())
            {
                if (faults.DiceOf(Fault.ExpiredItemsVanish).Chance(0.7))
                {
                    _world.State.Expire(item);
                    _world.Trace.Note("store", $"expires {item.Pk} {item.Sk}", "");
                }
            }
        }
    }

    private void Crash(Dice dice)
    {
        var busy = Actors().Where(actor => actor.Busy).ToList();
        if (busy.Count == 0)
        {
            return;
        }

        var actor = dice.Pick(busy);
        _world.Trace.Note(actor.Name, "dies", "");
        if (_maintenance.Actors.Contains(actor))
        {
            _maintenance.Crash(actor);
        }
        else
        {
            _source.Crash(actor);
        }
    }

    private void Pause(Dice dice)
    {
        var busy = Actors().Where(actor => actor.Busy).ToList();
        if (busy.Count > 0)
        {
            var actor = dice.Pick(busy);
            actor.PausedUntilStep = _world.Trace.Step + dice.Between(10, dice.Chance(0.3) ? 2_000 : 200);
            _world.Trace.Note(actor.Name, "sleeps until", actor.PausedUntilStep.ToString(CultureInfo.InvariantCulture));
        }
    }

    private List<Actor> Actors() => [.. _source.Actors, .. _maintenance.Actors];

    private void RunQuiet()
    {
        _world.Faults.Active = false;
        _world.Trace.Note("world", "is quiet", "");
        foreach (var actor in Actors())
        {
            actor.PausedUntilStep = 0;
        }

        _world.Pump.Hurry();
        while (_world.Stream.Remaining > 0)
        {
            _world.Stream.Produce();
        }

        var stepMax = _world.Trace.Step + QuietStepsMax;
        Settle(() => _source.Poll(), () => _source.Idle, stepMax, "the lag reaches zero once faults stop");
        if (_world.Scenario.RateOf(Fault.Redrive) > 0)
        {
            Finish(() => _maintenance.Redrive(Redriver.All(_world).RunTwice), stepMax, "a redrive succeeds once faults stop");
        }

        Finish(_maintenance.Fold, stepMax, "a fold succeeds once faults stop");
        Finish(() => _maintenance.Roll(closeAll: true), stepMax, "a roll succeeds once faults stop");
        Finish(() => _maintenance.Vacuum(graceUs: 0), stepMax, "a vacuum succeeds once faults stop");
        if (_world.Scenario.Seed % VerifiedSeeds == 0)
        {
            Finish(_maintenance.Verify, stepMax, "a verification succeeds once faults stop");
        }
    }

    private void Finish(Action start, long stepMax, string invariant)
    {
        start();
        Settle(() => false, () => true, stepMax, invariant);
        if (_maintenance.LastError is { } error)
        {
            throw new InvariantViolation(invariant, error.Message);
        }
    }

    private void Settle(Func<bool> proceed, Func<bool> done, long stepMax, string invariant)
    {
        while (proceed() || _world.Pump.Step() || !done())
        {
            if (++_world.Trace.Step > stepMax)
            {
                throw new InvariantViolation(invariant, $"not within {QuietStepsMax} steps");
            }
        }
    }
}
