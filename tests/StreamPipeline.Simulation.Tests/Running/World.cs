using StreamPipeline.Core;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Simulation.Tests.Mistakes;
using StreamPipeline.Simulation.Tests.Oracle;
using StreamPipeline.Simulation.Tests.Scheduling;
using StreamPipeline.Simulation.Tests.Source;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>Everything that one run shares. Nothing of it is shared between runs but the compiled pipeline.</summary>
internal sealed class World
{
    public const ulong FingerprintSeed = 7;

    private readonly Dictionary<string, CountedAttempts> _attempts = new(StringComparer.Ordinal);

    private Pipeline? _widerPipeline;

    public World(Scenario scenario, Pipeline pipeline, Mistake mistake, bool recording)
    {
        Scenario = scenario;
        Pipeline = pipeline;
        Mistake = mistake;
        Trace = new Trace(recording);
        Faults = new FaultPlan(scenario);
        Pump = new Pump(Faults, Dice.For(scenario.Seed, "order"), Trace);
        Stream = new SimulatedStream(scenario, Faults, Clock, Trace);
        Redrives = new RedriveOracle(Stream);
        Objects = new ObjectTable(() => Clock.NowUs);
    }

    public Scenario Scenario { get; }

    public Pipeline Pipeline { get; }

    /// <summary>Compiled when a redrive needs it.</summary>
    public Pipeline WiderPipeline => _widerPipeline ??= TinyPipeline.Compile(wider: true);

    public Mistake Mistake { get; }

    public Trace Trace { get; }

    public FaultPlan Faults { get; }

    public Pump Pump { get; }

    public SimulatedClock Clock { get; } = new();

    public SimulatedStream Stream { get; }

    public RedriveOracle Redrives { get; }

    public StateTable State { get; } = new();

    public ObjectTable Objects { get; }

    public IStateStore StateOf(Actor actor) => new StatePort(State, Pump, Trace, Faults, actor);

    public IObjectStore ObjectsOf(Actor actor) => Mistake.Objects(new ObjectPort(Objects, Pump, Trace, actor), Objects);

    public IAttemptIds AttemptsOf(Actor actor)
    {
        if (!_attempts.TryGetValue(actor.Name, out var attempts))
        {
            _attempts.Add(actor.Name, attempts = new CountedAttempts(actor.Name));
        }

        return Mistake.Attempts(attempts);
    }
}
