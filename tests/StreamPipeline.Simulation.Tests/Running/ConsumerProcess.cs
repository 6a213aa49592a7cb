using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Scheduling;
using StreamPipeline.Simulation.Tests.Source;

namespace StreamPipeline.Simulation.Tests.Running;

/// <summary>A Lambda process: one invocation at a time, warm consumers in memory between them.</summary>
internal sealed class ConsumerProcess(World world, string name)
{
    private readonly Dictionary<string, ShardConsumer> _consumers = new(StringComparer.Ordinal);

    private readonly HashSet<SourceShard> _registered = [];

    public Actor Actor { get; } = new(name);

    public void Invoke(Invocation invocation, Action<Exception?> ended) => Actor.Start(() => Handle(invocation), ended);

    private async Task Handle(Invocation invocation)
    {
        var shard = invocation.Shard;
        if (!world.Mistake.KeepsWarm || !_consumers.TryGetValue(shard.Id, out var consumer))
        {
            var state = world.Mistake.ConsumerState(world.StateOf(Actor), world.State, invocation);
            var attempts = world.AttemptsOf(Actor);

            // As ListShards tells it, ancestors first. Harmless when another process has registered them.
            var catalog = new StreamCatalog(state, TinyPipeline.Stream, attempts);
            foreach (var ancestor in Lineage(shard).Where(ancestor => !_registered.Contains(ancestor)))
            {
                await catalog.Register(EntryOf(ancestor), CancellationToken.None);
                _registered.Add(ancestor);
            }

            consumer = new ShardConsumer(world.Pipeline, EntryOf(shard), World.FingerprintSeed, state, world.ObjectsOf(Actor), attempts);
            _consumers[shard.Id] = consumer;
        }

        if (!IsHalved(invocation))
        {
            await consumer.Commit(shard.Batch(invocation.From, invocation.To), CancellationToken.None);
            return;
        }

        // As a lane of the embedded mapping does it: the second half is prepared while the first is at one of its awaits.
        var middle = (invocation.From + invocation.To) / 2;
        var (first, second) = (shard.Batch(invocation.From, middle), shard.Batch(middle, invocation.To));
        var commit = consumer.Commit(first, CancellationToken.None);
        consumer.Prepare(second);
        await commit;
        await consumer.Commit(second, CancellationToken.None);
    }

    /// <summary>In three worlds of seven, every third one that can be.</summary>
    private bool IsHalved(Invocation invocation) =>
        world.Scenario.Seed % 7 is 0 or 3 or 5 && invocation.To - invocation.From > 1 && (invocation.From + invocation.To) % 3 == 0;

    public static ShardEntry EntryOf(SourceShard shard) => new(shard.Id, [.. shard.Parents.Select(parent => parent.Id)]);

    private static IEnumerable<SourceShard> Lineage(SourceShard shard) => shard.Parents.SelectMany(Lineage).Append(shard).Distinct();
}
