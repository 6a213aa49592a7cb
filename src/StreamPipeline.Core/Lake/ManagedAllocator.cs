using System.Buffers;
using Apache.Arrow.Memory;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Arrow buffers from the garbage collector. Arrow's own allocator takes them from the C heap, where the many small columns of staged
/// files leave holes that nothing compacts.
/// </summary>
internal sealed class ManagedAllocator : MemoryAllocator
{
    protected override IMemoryOwner<byte> AllocateInternal(int length, out int bytesAllocated)
    {
        bytesAllocated = length;
        return new UnpooledMemory(GC.AllocateUninitializedArray<byte>(length));
    }
}
