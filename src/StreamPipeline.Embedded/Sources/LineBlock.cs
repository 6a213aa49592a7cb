using System.Runtime.CompilerServices;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Sources;

/// <summary>
/// Lines that share one buffer. Reference-counted, because its lines are spread over several shards that commit at different
/// times: it is born with one reference, which belongs to the caller of <see cref="LineReader.ReadBlock"/>; when the last one is released
/// the buffer goes back to its owner and every slice of it is void.
/// </summary>
public sealed class LineBlock
{
    /// <summary>Bytes behind any line that may be read, though they mean nothing: who reads by vectors needs no special end.</summary>
    public const int SlackBytes = 64;

    private readonly LineBuffers _owner;
    private LineBuffer _buffer;
    private (int Offset, int Length)[] _lines;
    private List<(int Line, RecordFault Fault)>? _faults;
    private int _references = 1;

    internal LineBlock(LineBuffers owner, long firstLine)
    {
        _owner = owner;
        _buffer = owner.Take();
        _lines = _buffer.Lines;
        FirstLine = firstLine;
    }

    /// <summary>Position of the first line in its input, from 0; blank lines are not counted.</summary>
    public long FirstLine { get; }

    public int Count { get; private set; }

    internal byte[] Buffer => _buffer.Bytes;

    /// <summary>Where the lines are in <see cref="Buffer"/>.</summary>
    internal ReadOnlySpan<(int Offset, int Length)> Lines => _lines.AsSpan(0, Count);

    internal bool HasFaults => _faults is not null;

    /// <summary>The line without its line break, valid until the last reference is released. Of a line that is too long, its beginning.</summary>
    /// <param name="index">Below <see cref="Count"/>; the line's position in the input is <see cref="FirstLine"/> + index.</param>
    public ReadOnlyMemory<byte> Line(int index)
    {
        var (offset, length) = index < Count ? _lines[index] : throw new ArgumentOutOfRangeException(nameof(index));
        return Buffer.AsMemory(offset, length);
    }

    /// <summary>Why the line is not whole; null when it is.</summary>
    public RecordFault? Fault(int index)
    {
        if (_faults is not null)
        {
            foreach (var (line, fault) in _faults)
            {
                if (line == index)
                {
                    return fault;
                }
            }
        }

        return null;
    }

    public void AddReference()
    {
        // Not a plain increment: it would bring a block back to life whose buffer someone else has by now.
        int references;
        do
        {
            references = Volatile.Read(ref _references);
            if (references <= 0)
            {
                throw new InvalidOperationException("a line block was referenced after its last reference was released");
            }
        }
        while (Interlocked.CompareExchange(ref _references, references + 1, references) != references);
    }

    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left == 0)
        {
            _owner.Return(_buffer);
        }
        else if (left < 0)
        {
            throw new InvalidOperationException("a line block was released more often than it was referenced");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(int offset, int length)
    {
        if (Count == _lines.Length)
        {
            Grow();
        }

        _lines[Count++] = (offset, length);
    }

    internal void Add(int offset, int length, RecordFault fault)
    {
        (_faults ??= []).Add((Count, fault));
        Add(offset, length);
    }

    /// <summary>More room behind what is there; only before there are lines.</summary>
    internal void Enlarge(int bytes, int filled)
    {
        var larger = new LineBuffer(GC.AllocateUninitializedArray<byte>(bytes));
        Buffer.AsSpan(0, filled).CopyTo(larger.Bytes);
        _owner.Return(_buffer);
        (_buffer, _lines) = (larger, larger.Lines);
    }

    private void Grow()
    {
        Array.Resize(ref _lines, _lines.Length * 2);
        _buffer.Lines = _lines;
    }
}
