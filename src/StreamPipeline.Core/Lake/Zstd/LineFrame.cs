using System.Buffers.Binary;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Writes lines of bronze as a zstd frame, by what they have in common (<see cref="LineMatches"/>). Source: RFC 8878. Owner: who made it; not thread-safe.
/// </summary>
internal sealed class LineFrame : IDisposable
{
    /// <summary>No match is further away than that: what readers must hold.</summary>
    public const int WindowBytes = 1 << WindowLog;

    private const int WindowLog = 20;
    private const int Magic = unchecked((int)0xFD2F_B528);

    // Four bytes of content size, no checksum, no dictionary; then the window, as a power of two above 2^10.
    private const byte Descriptor = 0x80;
    private const byte Window = (WindowLog - 10) << 3;
    private const int ContentSizeAt = 6;
    private const int HeaderBytes = 10;

    private readonly LineText _line = new();
    private readonly LineMatches _matches = new();
    private readonly LiteralsSection _literals = new();
    private readonly PooledBytes _other = new(1 << 10);
    private PooledBytes? _output;
    private BronzeLines? _lines;
    private int _blockAt;

    /// <summary>Blocks that the frame has.</summary>
    public int Blocks { get; private set; }

    /// <summary>Bytes that the last block has in the frame.</summary>
    public int BlockWritten { get; private set; }

    /// <summary>Bytes of content in the last block.</summary>
    public int BlockContent { get; private set; }

    private int Pending => _matches.ContentBytes - _blockAt;

    /// <summary>Begins a frame.</summary>
    /// <param name="shard">Of all records that will be added.</param>
    /// <param name="output">Appended to until the end of the frame.</param>
    public void Begin(string shard, PooledBytes output)
    {
        _output = output;
        _lines = new BronzeLines(_other, shard);
        var header = output.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header, Magic);
        header[4] = Descriptor;
        header[5] = Window;
        output.Advance(HeaderBytes);
        _literals.ForgetCode();
        _matches.BeginFrame();
        Blocks = 0;
        BeginBlock();
    }

    /// <summary>Adds the line of a record; false, with the frame spoilt, when a block would be longer than its content.</summary>
    public bool TryAdd(in StreamRecord record)
    {
        if (record.Fault is not null || !_line.TryRead(_lines!.HeadOf(record), record.Data.Span))
        {
            return TryAddOther(record);
        }

        if (_line.Length * JsonText.EscapeBytesMax > ZstdFrame.BlockBytesMax - Pending && !TryWriteBlock(isLast: false))
        {
            return false;
        }

        _matches.Add(_line);
        return true;
    }

    /// <summary>Writes what is left; false, with the frame spoilt, as above.</summary>
    public bool TryEnd()
    {
        if (!TryWriteBlock(isLast: true))
        {
            return false;
        }

        _output!.PatchInt32(ContentSizeAt, _matches.ContentBytes);
        _output = null;
        return true;
    }

    public void Dispose()
    {
        _matches.Dispose();
        _literals.Dispose();
        _other.Dispose();
    }

    /// <summary>A line that is too long for a block, or whose data is no text.</summary>
    private bool TryAddOther(in StreamRecord record)
    {
        _other.Clear();
        _lines!.Write(record);
        for (var rest = _other.WrittenSpan; !rest.IsEmpty;)
        {
            if (Pending == ZstdFrame.BlockBytesMax && !TryWriteBlock(isLast: false))
            {
                return false;
            }

            var count = Math.Min(rest.Length, ZstdFrame.BlockBytesMax - Pending);
            _matches.AddOther(rest[..count]);
            rest = rest[count..];
        }

        return true;
    }

    private void BeginBlock()
    {
        _blockAt = _matches.ContentBytes;
        _matches.BeginBlock();
    }

    private bool TryWriteBlock(bool isLast)
    {
        var output = _output!;
        if (Pending == 0)
        {
            ZstdFrame.WriteRaw([], isLast, output);
            return true;
        }

        _matches.EndBlock();
        var at = output.WrittenCount;
        ZstdFrame.BeginBlock(output);
        _literals.Write(_matches.Literals, output, keepsCode: true);
        _matches.Sequences.Write(output, keepsTables: true);
        BlockWritten = ZstdFrame.EndBlock(output, at, isLast);
        BlockContent = Pending;
        Blocks++;
        BeginBlock();
        return BlockWritten < BlockContent;
    }
}
