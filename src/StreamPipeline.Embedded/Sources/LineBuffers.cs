using System.Buffers;

namespace StreamPipeline.Embedded.Sources;

/// <summary>The memory of a block of lines.</summary>
/// <param name="Bytes">What was read.</param>
internal sealed record LineBuffer(byte[] Bytes)
{
    private const int LinesUsual = 4096;

    /// <summary>Where the lines are in <see cref="Bytes"/>; grown by the block.</summary>
    public (int Offset, int Length)[] Lines { get; set; } = new (int, int)[LinesUsual];
}

/// <summary>
/// Keeps the memory of blocks whose lines are committed for the blocks to come, as many as were under way at once. The pool of the process, where it comes
/// from, would do the same, if it did not give all memory back, and have all pages mapped again, whenever the machine is short of it. Thread-safe.
/// </summary>
public sealed class LineBuffers
{
    /// <summary>Of a buffer: a line that is longer gets one of its own.</summary>
    internal const int BufferBytes = 1 << 19;

    private readonly Stack<LineBuffer> _free = new();

    /// <summary>Gives back what no block holds, to the pool: whoever runs next has its pages mapped already.</summary>
    public void Clear()
    {
        lock (_free)
        {
            while (_free.TryPop(out var buffer))
            {
                ArrayPool<byte>.Shared.Return(buffer.Bytes);
            }
        }
    }

    internal LineBuffer Take()
    {
        lock (_free)
        {
            return _free.TryPop(out var buffer) ? buffer : new LineBuffer(ArrayPool<byte>.Shared.Rent(BufferBytes));
        }
    }

    /// <summary>One that is not of this size is left to the garbage collector.</summary>
    internal void Return(LineBuffer buffer)
    {
        if (buffer.Bytes.Length == BufferBytes)
        {
            lock (_free)
            {
                _free.Push(buffer);
            }
        }
    }
}
