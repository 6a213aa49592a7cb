using StreamPipeline.Core.Decoding;
using StreamPipeline.Core.Lake.Zstd;

namespace StreamPipeline.Core.Lake;

/// <summary>
/// Compresses lines of bronze: by what they have in common (<see cref="LineFrame"/>), and with the library where that makes them longer, which is tried on
/// a block now and then. What was learnt of the lines is kept from file to file. Owner: who made it; not thread-safe.
/// </summary>
internal sealed class BronzeEncoder : IDisposable
{
    /// <summary>The library's. Measured on lines of 280-byte events, in ns and bytes each: level 1 528 and 54, −3 335 and 87, −5 319 and 96, −10 305 and 149.</summary>
    public const int CompressionLevel = -3;

    // The first block of so many files is compressed twice. Where the library is better, it has the next files.
    private const int FilesPerTrial = 16;
    private const int FilesOfLibrary = 63;

    // A block that is so much longer than the one that was tried is tried too.
    private const double Worse = 1.25;
    private const int TriedBytesMin = 32 << 10;
    private const double LongerMax = 1.05;

    private const int LineBytesUsual = 96;
    private const int BytesHintMax = 8 << 20;

    private readonly LineFrame _frame = new();
    private readonly PooledBytes _text = new(1 << 10);
    private ZstdBlock? _library;
    private int _filesOfLibrary = BitConverter.IsLittleEndian ? 0 : int.MaxValue;
    private int _filesUntilTrial;
    private double _ratioTried;

    /// <summary>The records from <paramref name="firstRecord"/> on, compressed, in bytes that the caller owns.</summary>
    public PooledBytes Encode(MicroBatch batch, int firstRecord)
    {
        var output = new PooledBytes((int)Math.Min((batch.Records.Count - firstRecord + 1L) * LineBytesUsual, BytesHintMax));
        try
        {
            if (_filesOfLibrary > 0)
            {
                _filesOfLibrary--;
                CompressAll(batch, firstRecord, output);
            }
            else if (!TryByLines(batch, firstRecord, output))
            {
                _filesOfLibrary = FilesOfLibrary;
                _filesUntilTrial = 0;
                output.Clear();
                CompressAll(batch, firstRecord, output);
            }

            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _frame.Dispose();
        _text.Dispose();
        _library?.Dispose();
    }

    private bool TryByLines(MicroBatch batch, int firstRecord, PooledBytes output)
    {
        _frame.Begin(batch.Shard, output);
        var (blocks, blockFirst) = (0, firstRecord);
        for (var i = firstRecord; i < batch.Records.Count; i++)
        {
            if (!_frame.TryAdd(batch.Records[i]))
            {
                return false;
            }

            if (_frame.Blocks != blocks)
            {
                if (!IsShort(batch, blockFirst, i))
                {
                    return false;
                }

                (blocks, blockFirst) = (_frame.Blocks, i);
            }
        }

        return _frame.TryEnd() && (_frame.Blocks == blocks || IsShort(batch, blockFirst, batch.Records.Count));
    }

    /// <summary>Whether the last block is, or was likely, not longer than the library's of the same lines.</summary>
    private bool IsShort(MicroBatch batch, int from, int to)
    {
        var ratio = (double)_frame.BlockWritten / _frame.BlockContent;
        var isFirst = _frame.Blocks == 1;
        if (isFirst && _filesUntilTrial > 0)
        {
            _filesUntilTrial--;
            isFirst = false;
        }

        if (!isFirst && (ratio <= _ratioTried * Worse || _frame.BlockContent < TriedBytesMin))
        {
            return true;
        }

        _filesUntilTrial = isFirst ? FilesPerTrial : _filesUntilTrial;
        _ratioTried = ratio;
        Write(batch, from, to, ZstdFrame.BlockBytesMax);
        using var compressed = new PooledBytes(ZstdBlock.Bound(_text.WrittenCount));
        return ratio <= LongerMax * Compress(compressed) / _text.WrittenCount;
    }

    private void CompressAll(MicroBatch batch, int firstRecord, PooledBytes output)
    {
        Write(batch, firstRecord, batch.Records.Count, int.MaxValue);
        Compress(output);
    }

    /// <summary>The lines as text, until there are so many bytes.</summary>
    private void Write(MicroBatch batch, int from, int to, int bytesMax)
    {
        _text.Clear();
        var lines = new BronzeLines(_text, batch.Shard);
        for (var i = from; i < to && _text.WrittenCount < bytesMax; i++)
        {
            lines.Write(batch.Records[i]);
        }
    }

    /// <summary>As one frame, so that a file that was cut short does not end well. Compressing what lies in memory takes a third of the time of a stream.</summary>
    private int Compress(PooledBytes output)
    {
        _library ??= new ZstdBlock(CompressionLevel);
        var bytes = _library.Compress(_text.WrittenSpan, output.GetSpan(ZstdBlock.Bound(_text.WrittenCount)));
        output.Advance(bytes);
        return bytes;
    }
}
