using System.Globalization;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Verification;
using StreamPipeline.Simulation.Tests.Invariants;
using StreamPipeline.Simulation.Tests.Scheduling;
using StreamPipeline.Simulation.Tests.Source;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>Folds and rolls, each run a process of its own; at times several at once.</summary>
internal sealed class Maintenance(World world)
{
    private const int ActorsMax = 4;

    /// <summary>How wrong a process's clock may be.</summary>
    private const long SkewUsMax = 60 * TinyPipeline.MinuteUs;

    private readonly List<Actor> _actors = [];
    private int _folds;
    private int _rolls;
    private int _vacuums;
    private int _redrives;

    public IEnumerable<Actor> Actors => _actors;

    public bool Folding => _actors.Exists(actor => actor.Name[0] == 'f');

    public bool Rolling => _actors.Exists(actor => actor.Name[0] == 'r');

    /// <summary>How the last run ended.</summary>
    public Exception? LastError { get; private set; }

    public void Fold() => Start(string.Create(CultureInfo.InvariantCulture, $"f{++_folds}"), FoldOnce);

    public void Roll(bool closeAll) => Start(string.Create(CultureInfo.InvariantCulture, $"r{++_rolls}"), actor => RollOnce(actor, closeAll));

    /// <summary>Removes what nobody can need any more; the grace only saves work, so any will do.</summary>
    public void Vacuum(long graceUs) => Start(string.Create(CultureInfo.InvariantCulture, $"v{++_vacuums}"), actor => VacuumOnce(actor, graceUs));

    /// <summary>Runs some of what is in quarantine again.</summary>
    public void Redrive(Func<Actor, Task> redrive) => Start(string.Create(CultureInfo.InvariantCulture, $"d{++_redrives}"), redrive);

    /// <summary>Recounts the lake, which must find nothing.</summary>
    public void Verify() => Start("verify", VerifyOnce);

    public void Crash(Actor actor)
    {
        actor.Kill();
        world.Pump.Abandon(actor);
        _actors.Remove(actor);
    }

    private void Start(string name, Func<Actor, Task> work)
    {
        if (_actors.Count == ActorsMax)
        {
            return;
        }

        var actor = new Actor(name);
        _actors.Add(actor);
        world.Trace.Note(name, "starts", "");
        actor.Start(() => work(actor), error =>
        {
            if (error is InvariantViolation violation)
            {
                throw violation;
            }

            Allowed.Check(actor, error);
            world.Trace.Note(name, "ends", error?.Message ?? "");
            LastError = error;
            _actors.Remove(actor);
        });
    }

    private async Task FoldOnce(Actor actor)
    {
        var state = world.Mistake.MaintenanceState(world.StateOf(actor), world.State);
        var objects = world.ObjectsOf(actor);
        var attempts = world.AttemptsOf(actor);
        var silver = new LakeTable(objects, TableNames.Silver);
        var fold = new Fold(objects, silver, new LakeTable(objects, TableNames.Quarantine), attempts);
        var folded = (await silver.Load(CancellationToken.None)).Folded;
        var shards = await new StreamCatalog(state, TinyPipeline.Stream, attempts).Shards(CancellationToken.None);
        var batches = new CommittedBatches(state, TinyPipeline.Stream).Unfolded(shards, folded, CancellationToken.None);
        await fold.Run(batches, CancellationToken.None);
    }

    private async Task RollOnce(Actor actor, bool closeAll)
    {
        var state = world.Mistake.MaintenanceState(world.StateOf(actor), world.State);
        var objects = world.ObjectsOf(actor);
        var attempts = world.AttemptsOf(actor);
        var gold = world.Pipeline.Metrics.Metrics.ToDictionary(
            metric => metric.Name,
            metric => new GoldTable(objects, new LakeTable(objects, TableNames.Gold(metric.Name)), attempts),
            StringComparer.Ordinal);
        var catalog = new StreamCatalog(state, TinyPipeline.Stream, attempts);
        var seals = world.Faults.Happens(Fault.Seal);
        await new Roll(world.Pipeline, state, gold, catalog, attempts).Run(closeAll, seals ? new SealClock(NowUs(), long.MinValue) : null, CancellationToken.None);
    }

    private async Task VacuumOnce(Actor actor, long graceUs)
    {
        var state = world.Mistake.MaintenanceState(world.StateOf(actor), world.State);
        var attempts = world.AttemptsOf(actor);
        var catalog = new StreamCatalog(state, TinyPipeline.Stream, attempts);
        var vacuum = new Vacuum(world.Pipeline, state, world.ObjectsOf(actor), catalog, attempts);
        await vacuum.Run(NowUs(), TimeSpan.FromMicroseconds(graceUs), dryRun: false, CancellationToken.None);
    }

    private async Task VerifyOnce(Actor actor)
    {
        var state = world.StateOf(actor);
        var catalog = new StreamCatalog(state, TinyPipeline.Stream, world.AttemptsOf(actor));
        var report = await new Verify(world.Pipeline, state, world.ObjectsOf(actor), catalog).Run(null, CancellationToken.None);

        // Such copies it finds, as it should.
        var hasCopies = world.Stream.Shards.Concat(world.Redrives.Lanes).Any(shard => shard.Oracle is { HasForgottenCopies: true });
        foreach (var check in report.Checks.Where(check => !check.IsOk && !(hasCopies && check.Name == "keys in silver")))
        {
            throw new InvariantViolation(
                "verify finds the lake right", $"{check.Name}: {check.Expected} expected, {check.Found} found; {string.Join("; ", check.Examples)}");
        }
    }

    /// <summary>The clock of a process, which may be wrong.</summary>
    private long NowUs()
    {
        var skewUs = world.Faults.Happens(Fault.ClockSkew) ? world.Faults.DiceOf(Fault.ClockSkew).Between(-SkewUsMax, SkewUsMax) : 0;
        return (world.Clock.Skewed(skewUs).GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / 10;
    }
}
