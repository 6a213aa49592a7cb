using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Simulation.Tests.Source;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>
/// A known mistake, made by what stands between the real code and the simulated world; this one makes none. The simulator must find
/// every other.
/// </summary>
internal class Mistake
{
    public static Mistake None { get; } = new();

    /// <summary>How a consumer sees the state table; made for the invocation that made the consumer.</summary>
    public virtual IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => port;

    /// <summary>How fold and roll see the state table.</summary>
    public virtual IStateStore MaintenanceState(IStateStore port, StateTable table) => port;

    public virtual IObjectStore Objects(IObjectStore port, ObjectTable table) => port;

    public virtual IAttemptIds Attempts(IAttemptIds attempts) => attempts;

    /// <summary>Whether a warm consumer may be used for the batch.</summary>
    public virtual bool KeepsWarm => true;

    /// <summary>Whether the event source is answered when the batch arrives.</summary>
    public virtual bool AnswersEarly => false;
}
