using System.Globalization;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Simulation.Tests.Stores;

namespace StreamPipeline.Simulation.Tests.Mistakes;

/// <summary>Attempts of different processes share their names, and the first who writes under one wins.</summary>
internal sealed class AttemptNamesRepeat : Mistake
{
    public override IAttemptIds Attempts(IAttemptIds attempts) => new Names();

    public override IObjectStore Objects(IObjectStore port, ObjectTable table) => new Store(port);

    private sealed class Names : IAttemptIds
    {
        private int _last;

        public string Next() => (++_last).ToString("D4", CultureInfo.InvariantCulture);
    }

    private sealed class Store(IObjectStore inner) : ForwardingObjectStore(inner)
    {
        public override async ValueTask Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
            await Inner.PutIfAbsent(key, content, cancellation);
    }
}

/// <summary>A commit does not wait for the rows that it names.</summary>
internal sealed class StagedBesideSwap : Mistake
{
    public override IObjectStore Objects(IObjectStore port, ObjectTable table) => new Store(port);

    private sealed class Store(IObjectStore inner) : ForwardingObjectStore(inner), IObjectStore
    {
        public ValueTask Stage(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
        {
            _ = Inner.Stage(key, content, cancellation).AsTask();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>A table version is written over one of its number.</summary>
internal sealed class ManifestOverwritten : Mistake
{
    public override IObjectStore Objects(IObjectStore port, ObjectTable table) => new Store(port);

    private sealed class Store(IObjectStore inner) : ForwardingObjectStore(inner)
    {
        public override async ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
        {
            await Inner.Put(key, content, cancellation);
            return true;
        }
    }
}

/// <summary>A version that is refused is taken for another's without looking whether it lies there.</summary>
internal sealed class RefusedVersionTakenForLost : Mistake
{
    public override IObjectStore Objects(IObjectStore port, ObjectTable table) => new Store(port);

    private sealed class Store(IObjectStore inner) : ForwardingObjectStore(inner)
    {
        private string? _refused;

        public override async ValueTask<bool> PutIfAbsent(string key, ReadOnlyMemory<byte> content, CancellationToken cancellation)
        {
            var written = await Inner.PutIfAbsent(key, content, cancellation);
            _refused = written ? null : key;
            return written;
        }

        public override async ValueTask<byte[]?> Get(string key, CancellationToken cancellation)
        {
            if (key != _refused)
            {
                return await Inner.Get(key, cancellation);
            }

            _refused = null;
            return null;
        }
    }
}
