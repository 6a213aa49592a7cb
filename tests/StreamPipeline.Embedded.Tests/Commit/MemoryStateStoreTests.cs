using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded.Tests.Commit;

public sealed class MemoryStateStoreTests : StateStoreContract
{
    protected override IStateStore Store { get; } = new MemoryStateStore();
}
