using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Source;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>A lost swap is taken for a commit: the process goes on with the head it made up.</summary>
internal sealed class LostSwapTrusted : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        public override async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
        {
            await Inner.Swap(writes, cancellation);
            return SwapOutcome.Committed;
        }
    }
}

/// <summary>No answer is taken for a commit.</summary>
internal sealed class NoAnswerTakenForCommit : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        public override async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
        {
            try
            {
                return await Inner.Swap(writes, cancellation);
            }
            catch (StateUncertainException)
            {
                return SwapOutcome.Committed;
            }
        }
    }
}

/// <summary>The head and its batch are two writes instead of one transaction.</summary>
internal sealed class CommitTornInTwo : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        public override async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
        {
            var outcome = writes.Count == 1 ? SwapOutcome.Committed : await Inner.Swap([.. writes.Skip(1)], cancellation);
            return outcome == SwapOutcome.Committed ? await Inner.Swap([writes[0]], cancellation) : outcome;
        }
    }
}

/// <summary>Fingerprints are stored once the commit is made.</summary>
internal sealed class SegmentsAfterSwap : Mistake
{
    public override IStateStore ConsumerState(IStateStore port, StateTable table, Invocation invocation) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        private IReadOnlyList<StateItem> _held = [];

        public override ValueTask Put(IReadOnlyList<StateItem> items, CancellationToken cancellation)
        {
            if (items.Count == 0 || !items[0].Sk.StartsWith("SEEN#", StringComparison.Ordinal))
            {
                return Inner.Put(items, cancellation);
            }

            _held = items;
            return ValueTask.CompletedTask;
        }

        public override async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
        {
            var outcome = await Inner.Swap(writes, cancellation);
            if (outcome == SwapOutcome.Committed)
            {
                await Inner.Put(_held, cancellation);
            }

            return outcome;
        }
    }
}

/// <summary>The event source is answered when a batch arrives.</summary>
internal sealed class AnsweredBeforeCommit : Mistake
{
    public override bool AnswersEarly => true;
}
