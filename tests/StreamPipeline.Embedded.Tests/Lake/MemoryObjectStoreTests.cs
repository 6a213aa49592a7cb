using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Tests.Lake;

public sealed class MemoryObjectStoreTests : ObjectStoreContract
{
    protected override IObjectStore Store { get; } = new MemoryObjectStore();
}
