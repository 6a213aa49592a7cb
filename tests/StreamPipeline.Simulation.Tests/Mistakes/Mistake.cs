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

    /// <summary>How a consumer of <paramref name="shard"/> sees the state table.</summary>
    public virtual IStateStore ConsumerState(IStateStore port, StateTable table, SourceShard shard) => port;

    /// <summary>How fold and roll see the state table.</summary>
    public virtual IStateStore MaintenanceState(IStateStore port, StateTable table) => port;

    public virtual IObjectStore Objects(IObjectStore port, ObjectTable table) => port;

    public virtual IAttemptIds Attempts(IAttemptIds attempts) => attempts;

    public virtual ShardEntry Entry(ShardEntry entry) => entry;

    /// <summary>Whether a warm consumer may be used for the batch.</summary>
    public virtual bool KeepsWarm => true;

    /// <summary>Told which batch a consumer is about to process.</summary>
    public virtual void Starts(Invocation invocation)
    {
    }

    /// <summary>Whether the event source is answered when the batch arrives.</summary>
    public virtual bool AnswersEarly => false;
}
