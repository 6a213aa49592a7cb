using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using StreamPipeline.Core.Configuration;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Sources;

/// <summary>
/// Cuts a stream into lines, a pooled block at a time. LF and CR LF end a line; the last one needs no end; blank lines are skipped and
/// not counted; a byte order mark at the beginning is skipped. Memory does not depend on the length of a line. One reader, one thread.
/// </summary>
/// <param name="stream">Decompressed bytes; owned by the reader.</param>
/// <param name="name">How the user knows the input, for messages.</param>
/// <param name="limits">RecordBytes bounds a line.</param>
/// <param name="fillBlocks">True: blocks are as full as they can be, right for files. False: a block is delivered as soon as it has a
/// line, right for pipes whose writer pauses.</param>
/// <param name="buffers">Memory of the blocks, made for the same limits; null: the reader's own.</param>
public sealed class LineReader(Stream stream, string name, DecodeLimits limits, bool fillBlocks = true, LineBuffers? buffers = null) : IDisposable
{
    /// <summary>A line beyond this ends the input: it is data that inflates without end, or not lines at all.</summary>
    public const long LineBytesMax = 1L << 30;

    /// <summary>Of a block, unless its first line is longer.</summary>
    internal const int BlockBytes = LineBuffers.BufferBytes - LineBlock.SlackBytes;

    private readonly LineBuffers _buffers = buffers ?? new LineBuffers();
    private readonly int _keptBytes = Math.Min(EnvelopeDecoder.OversizedRawBytes, limits.RecordBytes);
    private LineBlock? _next;

    // Of _next: bytes in it, bytes searched for a line break, and where the line that is being read begins.
    private int _filled;
    private int _scanned;
    private int _lineStart;

    private long _line;
    private long _physicalLine = 1;

    // Of a line that is too long: its bytes beyond those that are kept, so far. 0 when no such line is being read.
    private long _skipped;
    private bool _ended;

    /// <summary>Lines delivered so far.</summary>
    public long Lines => _line;

    /// <summary>Decompressed bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>
    /// Null, or why the input could not be read to its end, known once <see cref="ReadBlock"/> has returned null. Every line before the
    /// damage was delivered, a partial last one with a fault; commit them, then fail.
    /// </summary>
    public string? Damage { get; private set; }

    /// <summary>The next lines, at least one; null at the end. The caller owns one reference to the block.</summary>
    public LineBlock? ReadBlock()
    {
        while (!_ended)
        {
            _next ??= NewBlock();
            if (_filled == Capacity(_next))
            {
                MakeRoom(_next);
            }

            var read = Fill(_next.Buffer.AsSpan(_filled, Capacity(_next) - _filled));
            if (read == 0)
            {
                return Finish();
            }

            _filled += read;
            Scan(_next);
            if (Damage is not null)
            {
                return Finish();
            }

            if (BlockIsDue())
            {
                return Deliver();
            }
        }

        return null;
    }

    public void Dispose()
    {
        _ended = true;
        _next?.Release();
        _next = null;
        stream.Dispose();
    }

    /// <summary>Whether the block must go, because it is full, or may go, because it has lines and the reader does not wait for more.</summary>
    private bool BlockIsDue()
    {
        var block = _next!;
        var partial = _filled - _lineStart;
        if (_skipped > 0)
        {
            return false;
        }

        if (partial > limits.RecordBytes + 1 && block.Count == 0)
        {
            // Too long already, and nothing to deliver before it: keep its beginning, count the rest.
            MovePartialLineToStart();
            _skipped = partial - _keptBytes;
            _filled = _scanned = _keptBytes;
            return false;
        }

        return block.Count > 0
            && (!fillBlocks || partial > limits.RecordBytes + 1 || _filled == Capacity(block));
    }

    private LineBlock NewBlock() => new(_buffers, _line);

    /// <summary>What is behind it stays readable: <see cref="LineBlock.SlackBytes"/>.</summary>
    private static int Capacity(LineBlock block) => block.Buffer.Length - LineBlock.SlackBytes;

    /// <summary>In a block that is full and has no line: it is full of blank ones, of the beginning of a line that is skipped, or of a long one.</summary>
    private void MakeRoom(LineBlock block)
    {
        MovePartialLineToStart();
        if (_filled == Capacity(block))
        {
            Enlarge(block, _filled);
        }
    }

    /// <summary>Room for a line of the allowed length: what is longer shows.</summary>
    private void Enlarge(LineBlock block, int filled) => block.Enlarge(BlockBytes + limits.RecordBytes + LineBlock.SlackBytes, filled);

    private void MovePartialLineToStart()
    {
        _next!.Buffer.AsSpan(_lineStart, _filled - _lineStart).CopyTo(_next.Buffer);
        _filled -= _lineStart;
        _scanned -= _lineStart;
        _lineStart = 0;
    }

    private LineBlock Deliver()
    {
        var block = _next!;
        _next = null;
        var partial = block.Buffer.AsSpan(_lineStart, _filled - _lineStart);
        if (partial.Length > 0)
        {
            _next = NewBlock();
            if (partial.Length > Capacity(_next))
            {
                Enlarge(_next, filled: 0);
            }

            partial.CopyTo(_next.Buffer);
        }

        _filled = _scanned = partial.Length;
        _lineStart = 0;
        return block;
    }

    private LineBlock? Finish()
    {
        _ended = true;
        var block = _next!;
        _next = null;
        if (_skipped > 0)
        {
            EndOversized(block, 0);
        }
        else if (_filled > _lineStart)
        {
            EndLine(block, _filled, atEnd: true);
        }

        if (Damage is not null)
        {
            Damage = $"{name}: {Damage}; {_line:N0} lines ({BytesRead:N0} bytes) were read";
        }

        if (block.Count > 0)
        {
            return block;
        }

        block.Release();
        return null;
    }

    /// <summary>Reads some bytes; 0 at the end of the stream and where it is damaged.</summary>
    private int Fill(Span<byte> room)
    {
        try
        {
            var read = stream.Read(room);
            BytesRead += read;
            return read;
        }
        catch (CompressedDataException exception)
        {
            Damage = exception.Message;
        }
        catch (IOException exception)
        {
            Damage = $"reading failed: {exception.Message}";
        }

        return 0;
    }

    private void Scan(LineBlock block)
    {
        ref var bytes = ref MemoryMarshal.GetArrayDataReference(block.Buffer);
        for (var at = _scanned; at < _filled; at += sizeof(ulong) * 8)
        {
            // Behind the last byte there is slack: what it holds does not count.
            var breaks = LineBreaks(ref Unsafe.Add(ref bytes, at));
            breaks = _filled - at >= sizeof(ulong) * 8 ? breaks : breaks & ~(ulong.MaxValue << (_filled - at));
            for (; breaks != 0; breaks &= breaks - 1)
            {
                EndLine(block, at + BitOperations.TrailingZeroCount(breaks));
            }
        }

        EndScan();
    }

    /// <summary>Where there is a line break among 64 bytes, the first in the lowest bit.</summary>
    private static ulong LineBreaks(ref byte bytes)
    {
        var wanted = Vector256.Create((byte)'\n');
        ulong low = Vector256.Equals(Vector256.LoadUnsafe(ref bytes), wanted).ExtractMostSignificantBits();
        ulong high = Vector256.Equals(Vector256.LoadUnsafe(ref bytes, (nuint)Vector256<byte>.Count), wanted).ExtractMostSignificantBits();
        return low | (high << Vector256<byte>.Count);
    }

    private void EndLine(LineBlock block, int end)
    {
        if (_skipped > 0)
        {
            EndOversized(block, end - _scanned);
        }
        else
        {
            EndLine(block, end, atEnd: false);
        }

        _physicalLine++;
        _scanned = _lineStart = end + 1;
    }

    /// <summary>No line ends in what is left of the buffer.</summary>
    private void EndScan()
    {
        if (_skipped == 0)
        {
            _scanned = _filled;
            return;
        }

        _skipped += _filled - _scanned;
        _filled = _scanned = _lineStart + _keptBytes;
        if (_keptBytes + _skipped > LineBytesMax)
        {
            Damage = $"line {_physicalLine:N0} is beyond {LineBytesMax:N0} bytes: this looks like a decompression bomb, or not like lines";
        }
    }

    private void EndLine(LineBlock block, int end, bool atEnd)
    {
        var start = _lineStart;
        var buffer = block.Buffer;
        if (_physicalLine == 1 && buffer.AsSpan(start, end - start).StartsWith("\uFEFF"u8))
        {
            start += 3;
        }

        var length = end - start;
        if (length > 0 && buffer[end - 1] == '\r')
        {
            length--;
        }

        // Blank lines are rare: the first byte of an event tells.
        if (length == 0 || (buffer[start] <= ' ' && IsBlank(buffer.AsSpan(start, length))))
        {
            return;
        }

        _line++;
        if (length > limits.RecordBytes)
        {
            block.Add(start, _keptBytes, TooLong(length));
        }
        else if (atEnd && Damage is not null)
        {
            block.Add(start, length, new RecordFault(QuarantineReason.InputTruncated, $"line {_physicalLine:N0} of {name} is cut: {Damage}"));
        }
        else
        {
            block.Add(start, length);
        }
    }

    private void EndOversized(LineBlock block, int more)
    {
        _line++;
        block.Add(_lineStart, _keptBytes, TooLong(_keptBytes + _skipped + more));
        _skipped = 0;
    }

    private RecordFault TooLong(long bytes) => new(
        QuarantineReason.RecordTooLarge,
        $"line {_physicalLine:N0} is {bytes:N0} bytes, at most {limits.RecordBytes:N0} are allowed; limits.recordBytes raises it up to 10 MiB");

    private static bool IsBlank(ReadOnlySpan<byte> line) => !line.ContainsAnyExcept(" \t\r"u8);
}
