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
/// Keeps the memory of blocks whose lines are committed for the blocks to come, as many as were under way at once. A pool of the process would do the same,
/// if it did not give all memory back, and have all pages mapped again, whenever the machine is short of it. Thread-safe.
/// </summary>
/// <param name="bytes">Of a buffer.</param>
public sealed class LineBuffers(int bytes)
{
    private readonly Stack<LineBuffer> _free = new();

    /// <summary>For blocks of the usual size: a line that is longer gets a buffer of its own.</summary>
    public LineBuffers()
        : this(LineReader.BlockBytes + LineBlock.SlackBytes)
    {
    }

    /// <summary>Gives back what no block holds.</summary>
    public void Clear()
    {
        lock (_free)
        {
            _free.Clear();
        }
    }

    internal LineBuffer Take()
    {
        lock (_free)
        {
            return _free.TryPop(out var buffer) ? buffer : new LineBuffer(GC.AllocateUninitializedArray<byte>(bytes));
        }
    }

    /// <summary>One that is not the owner's size is left to the garbage collector.</summary>
    internal void Return(LineBuffer buffer)
    {
        if (buffer.Bytes.Length == bytes)
        {
            lock (_free)
            {
                _free.Push(buffer);
            }
        }
    }
}
