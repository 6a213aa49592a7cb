using System.Buffers;

namespace StreamPipeline.Core.Lake;

/// <summary>An array of the garbage collector's where an owner is asked for.</summary>
internal sealed class UnpooledMemory(byte[] bytes) : IMemoryOwner<byte>
{
    public Memory<byte> Memory => bytes;

    public void Dispose()
    {
    }
}
