using StreamPipeline.Core.Lake.Zstd;
using ZstdSharp;

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

    /// <summary>Only for words of one width that come again and again.</summary>
    Words,
}

/// <summary>
/// Compresses pages as zstd frames (RFC 8878): by a library, or as frames of our own where a page needs one part of the format only. Which effort pays
/// is tried on a sample of the chunk. Buffers of staged files are compressed by it too. Owner: who made it.
/// </summary>
internal sealed class PageCompressor : IDisposable
{
    private const int SampleBytesMax = 16 << 10;
    private const int SampleBytesMin = 256;
    private const int SamplePartOfChunk = 8;

    // A reader unpacks what is compressed: it is to be worth that.
    private const double WorthIt = 0.95;
    private const double AsGood = 1.03;

    private readonly Compressor _zstd = new(1);
    private readonly ZstdFrame _frame = new();
    private readonly PooledBytes _scratch = new(SampleBytesMax);

    /// <summary>The effort for a chunk, judged by a page of it.</summary>
    /// <param name="page">The first page.</param>
    /// <param name="chunkBytes">Of all pages, about.</param>
    /// <param name="wordBytes">The width of words that may come again; 0 when there are none.</param>
    public PageEffort Choose(ReadOnlySpan<byte> page, long chunkBytes, int wordBytes)
    {
        var length = (int)Math.Min(Math.Min(page.Length, SampleBytesMax), Math.Max(SampleBytesMin, chunkBytes / SamplePartOfChunk));

        // The end: pages begin with levels and lengths.
        var sample = page[^length..];
        var usual = EstimateUsual(sample);
        if (wordBytes > 0 && Words(sample, wordBytes) is var words && words <= usual)
        {
            return words > WorthIt * length ? PageEffort.Stored : PageEffort.Words;
        }

        if (usual < WorthIt * length / 2)
        {
            return PageEffort.Usual;
        }

        var literals = _frame.EstimateLiterals(sample);
        return Math.Min(usual, literals) > WorthIt * length ? PageEffort.Stored
            : literals < AsGood * usual ? PageEffort.Literals
            : PageEffort.Usual;
    }

    /// <summary>About how long a sample becomes with the usual effort, and by its literals alone.</summary>
    public (int Usual, int Literals) Estimate(ReadOnlySpan<byte> sample) => (EstimateUsual(sample), _frame.EstimateLiterals(sample));

    /// <summary>Appends one frame with the page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="levelBytes">So many of it are levels at its beginning, which are of another make.</param>
    /// <param name="effort">How hard to look.</param>
    /// <param name="wordBytes">The width of <see cref="PageEffort.Words"/>.</param>
    /// <param name="output">Appended to.</param>
    public void Compress(ReadOnlySpan<byte> page, int levelBytes, PageEffort effort, int wordBytes, PooledBytes output)
    {
        switch (effort)
        {
            case PageEffort.Usual when TryUsual(page, output):
                break;
            case PageEffort.Literals:
                _frame.WriteLiterals(page, levelBytes, output);
                break;
            case PageEffort.Words:
                _frame.WriteWords(page, levelBytes, wordBytes, output);
                break;
            default:
                _frame.Store(page, levelBytes, output);
                break;
        }
    }

    public void Dispose()
    {
        _zstd.Dispose();
        _frame.Dispose();
        _scratch.Dispose();
    }

    private int EstimateUsual(ReadOnlySpan<byte> sample)
    {
        _scratch.Clear();
        return _zstd.Wrap(sample, _scratch.GetSpan(Compressor.GetCompressBound(sample.Length)));
    }

    private int Words(ReadOnlySpan<byte> sample, int wordBytes)
    {
        _scratch.Clear();
        _frame.WriteWords(sample, 0, wordBytes, _scratch);
        return _scratch.WrittenCount;
    }

    private bool TryUsual(ReadOnlySpan<byte> page, PooledBytes output)
    {
        var written = _zstd.Wrap(page, output.GetSpan(Compressor.GetCompressBound(page.Length)));
        if (written >= page.Length)
        {
            return false;
        }

        output.Advance(written);
        return true;
    }
}
