using System.Buffers;
using System.IO.Hashing;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Sources;

/// <summary>
/// The decompressed content of a file, and what it is known by as far as it was read. It ends where it is damaged, and in a line without end, so that such a file has
/// an identity too. Where that is does not depend on how it is read. One reader, one thread.
/// </summary>
internal sealed class ContentStream : ReadOnlyStream
{
    // A line is looked at for its length where a block ends.
    private const int BlockBytes = 1 << 18;

    private readonly FileStream _file;
    private readonly Stream _content;
    private readonly XxHash128 _hash = new();

    // Of a compressed file: how much can be had before damage depends on how much is asked for.
    private byte[]? _block;
    private int _blockFrom;
    private int _blockTo;

    private long _bytes;
    private long _lineBytes;

    /// <param name="file">Owned by this.</param>
    /// <param name="compression">How it is compressed.</param>
    /// <param name="bytesMin">Bytes of the file when it was opened: it does not end before them.</param>
    public ContentStream(FileStream file, CompressionKind compression, long bytesMin)
    {
        _file = file;
        _content = Compression.Open(new UncutStream(file, bytesMin), compression);
        _block = compression == CompressionKind.None ? null : ArrayPool<byte>.Shared.Rent(BlockBytes);
    }

    /// <summary>What the content up to here is known by. Some of it may not have been handed out yet.</summary>
    public ContentId Id => new(_hash.GetCurrentHashAsUInt128(), _bytes);

    /// <summary>There is no more.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Bytes of the file that were read, compressed if it is.</summary>
    public long FileBytes { get; private set; }

    /// <exception cref="CompressedDataException">The content is damaged here.</exception>
    /// <exception cref="InputException">The file could not be read; nothing is known of what follows.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_block is null || buffer.IsEmpty)
        {
            return buffer.IsEmpty ? 0 : ReadBlock(buffer);
        }

        if (_blockFrom == _blockTo)
        {
            (_blockFrom, _blockTo) = (0, 0);
            _blockTo = ReadBlock(_block);
        }

        var count = Math.Min(buffer.Length, _blockTo - _blockFrom);
        _block.AsSpan(_blockFrom, count).CopyTo(buffer);
        _blockFrom += count;
        return count;
    }

    /// <summary>Reads so many bytes of content in all, or what there is, and hands none of them out.</summary>
    /// <param name="bytes">From the beginning.</param>
    /// <param name="cancellation">Looked at once per block.</param>
    /// <exception cref="InputException">As of <see cref="Read(Span{byte})"/>.</exception>
    public void SkipTo(long bytes, CancellationToken cancellation)
    {
        var buffer = _block ?? ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            while (_bytes < bytes && ReadBlock(buffer.AsSpan(0, (int)Math.Min(BlockBytes, bytes - _bytes))) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }
        }
        catch (CompressedDataException)
        {
            // It ends here; LineReader.Damage tells the user.
        }
        finally
        {
            (_blockFrom, _blockTo) = (0, 0);
            if (_block is null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
            if (_block is not null)
            {
                ArrayPool<byte>.Shared.Return(_block);
                _block = null;
            }
        }

        base.Dispose(disposing);
    }

    /// <summary>Up to the end of the block at most.</summary>
    private int ReadBlock(Span<byte> buffer)
    {
        var room = BlockBytes - (int)(_bytes % BlockBytes);
        if (IsWhole || (room == BlockBytes && _lineBytes > LineReader.LineBytesMax))
        {
            IsWhole = true;
            return 0;
        }

        int read;
        try
        {
            read = _content.Read(buffer[..Math.Min(buffer.Length, room)]);
        }
        catch (CompressedDataException)
        {
            IsWhole = true;
            throw;
        }
        catch (IOException exception)
        {
            // Not an end of the content: taken for one, what follows would be another input when it can be read again.
            throw new InputException($"{_file.Name} cannot be read: {exception.Message}; all that was committed is safe, and the same command goes on where this one stopped", exception);
        }

        IsWhole = read == 0;
        FileBytes = _file.Position;
        var bytes = buffer[..read];
        _hash.Append(bytes);
        _bytes += read;
        var lastBreak = bytes.LastIndexOf((byte)'\n');
        _lineBytes = lastBreak < 0 ? _lineBytes + read : read - lastBreak - 1;
        return read;
    }
}
