using System.Buffers.Binary;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>How hard zstd looks for repetition. Every page is a zstd frame all the same.</summary>
internal enum PageEffort
{
    /// <summary>Not at all: bit-packed codes and differences have nothing left.</summary>
    Stored,

    /// <summary>Only which bytes are frequent: random ids in hex take half.</summary>
    Literals,

    /// <summary>zstd 1.</summary>
    Usual,

    /// <summary>For words of four bytes that come again and again.</summary>
    Words,
}

/// <summary>
/// Compresses pages as zstd frames (RFC 8878) with one context. Which effort pays is tried on a sample of the chunk. Owner: the file's writer.
/// </summary>
internal sealed class PageCompressor : IDisposable
{
    private const int SampleBytesMax = 16 << 10;
    private const int SampleBytesMin = 256;
    private const int SamplePartOfChunk = 8;

    // A reader unpacks what is compressed: it is to be worth that.
    private const double WorthIt = 0.95;
    private const double AsGood = 1.03;

    private const int FrameMagic = unchecked((int)0xFD2F_B528);

    // Four bytes of content size, one segment, no checksum, no dictionary.
    private const byte StoredDescriptor = 0xA0;
    private const int StoredHeaderBytes = 9;
    private const int BlockHeaderBytes = 3;
    private const int BlockBytesMax = 128 << 10;

    private readonly Compressor _zstd = new(1);
    private readonly PooledBytes _scratch = new(SampleBytesMax);
    private PageEffort _effort = PageEffort.Usual;

    /// <summary>The effort for a chunk, judged by a page of it.</summary>
    /// <param name="page">The first page.</param>
    /// <param name="chunkBytes">Of all pages, about.</param>
    public PageEffort Choose(ReadOnlySpan<byte> page, long chunkBytes)
    {
        var length = (int)Math.Min(Math.Min(page.Length, SampleBytesMax), Math.Max(SampleBytesMin, chunkBytes / SamplePartOfChunk));

        // The end: pages begin with levels and lengths.
        var sample = page[^length..];
        var usual = Try(sample, PageEffort.Usual);
        if (usual < WorthIt * length / 2)
        {
            return PageEffort.Usual;
        }

        var literals = Try(sample, PageEffort.Literals);
        return Math.Min(usual, literals) > WorthIt * length ? PageEffort.Stored
            : literals < AsGood * usual ? PageEffort.Literals
            : PageEffort.Usual;
    }

    /// <summary>Appends one frame with the page.</summary>
    public void Compress(ReadOnlySpan<byte> page, PageEffort effort, PooledBytes output)
    {
        if (effort != PageEffort.Stored)
        {
            Use(effort);
            var written = _zstd.Wrap(page, output.GetSpan(Compressor.GetCompressBound(page.Length)));
            if (written < page.Length)
            {
                output.Advance(written);
                return;
            }
        }

        Store(page, output);
    }

    public void Dispose()
    {
        _zstd.Dispose();
        _scratch.Dispose();
    }

    private int Try(ReadOnlySpan<byte> sample, PageEffort effort)
    {
        Use(effort);
        return _zstd.Wrap(sample, _scratch.GetSpan(Compressor.GetCompressBound(sample.Length)));
    }

    private void Use(PageEffort effort)
    {
        if (effort == _effort)
        {
            return;
        }

        // A negative level skips ahead that fast; literals are coded only when asked for.
        _zstd.Level = effort == PageEffort.Literals ? -100_000 : 1;
        _zstd.SetParameter(ZSTD_cParameter.ZSTD_c_experimentalParam5, effort == PageEffort.Literals ? 1 : 0);
        _zstd.SetParameter(ZSTD_cParameter.ZSTD_c_strategy, effort == PageEffort.Words ? (int)ZSTD_strategy.ZSTD_greedy : 0);
        _zstd.SetParameter(ZSTD_cParameter.ZSTD_c_minMatch, effort == PageEffort.Words ? sizeof(int) : 0);
        _effort = effort;
    }

    /// <summary>Raw blocks: unpacking is copying.</summary>
    private static void Store(ReadOnlySpan<byte> page, PooledBytes output)
    {
        var header = output.GetSpan(StoredHeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header, FrameMagic);
        header[4] = StoredDescriptor;
        BinaryPrimitives.WriteInt32LittleEndian(header[5..], page.Length);
        output.Advance(StoredHeaderBytes);
        do
        {
            var block = page[..Math.Min(page.Length, BlockBytesMax)];
            page = page[block.Length..];
            var to = output.GetSpan(sizeof(int) + block.Length);

            // Last block in bit 0, type 0 in bits 1 and 2, then the size.
            BinaryPrimitives.WriteInt32LittleEndian(to, (block.Length << 3) | (page.IsEmpty ? 1 : 0));
            block.CopyTo(to[BlockHeaderBytes..]);
            output.Advance(BlockHeaderBytes + block.Length);
        }
        while (!page.IsEmpty);
    }
}
