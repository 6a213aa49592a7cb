using StreamPipeline.Core.Commit;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>The roll takes an idle shard for sealed without swapping its head.</summary>
internal sealed class SealWithoutSwap : Mistake
{
    public override IStateStore MaintenanceState(IStateStore port, StateTable table) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        private readonly Dictionary<string, StateItem> _sealed = new(StringComparer.Ordinal);

        public override async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation) =>
            sk == StateKeys.Head && _sealed.TryGetValue(pk, out var head) ? head : await Inner.Read(pk, sk, cancellation);

        public override ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
        {
            if (writes.Count < 2 || BatchItem.FromJson(writes[1].Item.Body.Span).Kind != BatchKind.Seal)
            {
                return Inner.Swap(writes, cancellation);
            }

            _sealed[writes[0].Item.Pk] = writes[0].Item;
            return ValueTask.FromResult(SwapOutcome.Committed);
        }
    }
}

/// <summary>The vacuum takes an attempt that is not committed for dead, without grace and without making it lose.</summary>
internal sealed class VacuumWithoutGrace : Mistake
{
    public override IStateStore MaintenanceState(IStateStore port, StateTable table) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        public override async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation) =>
            await Inner.Read(pk, sk, cancellation)
            ?? (sk.StartsWith("BATCH#", StringComparison.Ordinal) ? new StateItem(pk, sk, 1, "nobody", default) : null);
    }
}

/// <summary>A roll does not look whether another has ended while it read the heads; and all take their time, since it must end between two reads of another.</summary>
internal sealed class OvertakenRollGoesOn : Mistake
{
    public override IStateStore MaintenanceState(IStateStore port, StateTable table) => new Store(port);

    private sealed class Store(IStateStore inner) : ForwardingStateStore(inner)
    {
        private const int ReadsBetween = 15;

        private StateItem? _first;
        private bool _isSecond;

        public override async ValueTask<StateItem?> Read(string pk, string sk, CancellationToken cancellation)
        {
            if (!pk.StartsWith("ROLL#", StringComparison.Ordinal))
            {
                return await Inner.Read(pk, sk, cancellation);
            }

            _isSecond = !_isSecond;
            if (_isSecond)
            {
                _first = await Inner.Read(pk, sk, cancellation);
                await TakeTime(pk, cancellation);
            }

            return _first;
        }

        public override async ValueTask<SwapOutcome> Swap(IReadOnlyList<StateWrite> writes, CancellationToken cancellation)
        {
            _isSecond = false;
            await TakeTime(writes[0].Item.Pk, cancellation);
            return await Inner.Swap(writes, cancellation);
        }

        private async ValueTask TakeTime(string pk, CancellationToken cancellation)
        {
            for (var i = 0; i < ReadsBetween; i++)
            {
                await Inner.Read(pk, "nothing", cancellation);
            }
        }
    }
}
