using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Redrive;
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

    /// <summary>Redrives events of one lane.</summary>
    /// <param name="redrive">Of the lane.</param>
    /// <param name="source">Of the shard that the lane belongs to.</param>
    /// <param name="events">Of the shard or its lane.</param>
    public virtual async ValueTask Redrive(RedriveConsumer redrive, ShardConsumer source, IReadOnlyList<RedriveEvent> events) =>
        await redrive.Commit(events, CancellationToken.None);

    /// <summary>Whether a warm consumer may be used for the batch.</summary>
    public virtual bool KeepsWarm => true;

    /// <summary>Whether the event source is answered when the batch arrives.</summary>
    public virtual bool AnswersEarly => false;
}
