using System.Collections.Concurrent;
using Apache.Arrow.Ipc;
using StreamPipeline.Core.Lake.Parquet;

namespace StreamPipeline.Core.Lake.Staging;

/// <summary>
/// Compresses the buffers of a staged file for a store behind a network, each with the effort that its bytes are worth: compact numbers and ids hold little that comes again, and looking
/// for it would take most of the time. What would hardly be shorter stays as it is, which Arrow marks by the length −1. Not thread-safe. Its compressor serves the next one.
/// Source: Arrow's Message.fbs, <c>BodyCompressionMethod.BUFFER</c>; RFC 8878.
/// </summary>
internal sealed class StagedCodec : ITryCompressionCodec
{
    /// <summary>A Lambda sends 75 MB/s: while it looks for repetition in a byte it could have sent a quarter of one.</summary>
    private const double RepetitionPays = 0.25;

    /// <summary>Below, asking would take longer than it could save. Numbers and codes of a batch are less, its longer texts more.</summary>
    private const int AskedFrom = 32 << 10;

    private const int SampleBytes = 4 << 10;

    private static readonly ConcurrentBag<PageCompressor> _unused = [];

    private readonly PooledBytes _frame = new(64 << 10);

    /// <summary>Null once it has been given back: it may be another one's by then.</summary>
    private PageCompressor? _pages = _unused.TryTake(out var unused) ? unused : new PageCompressor();

    public bool TryCompress(ReadOnlyMemory<byte> source, Memory<byte> destination, out int bytesWritten)
    {
        ObjectDisposedException.ThrowIf(_pages is null, this);
        _frame.Clear();
        var effort = source.Length >= AskedFrom ? Choose(_pages, source.Span) : PageEffort.Literals;
        _pages.Compress(source.Span, levelBytes: 0, effort, wordBytes: 0, _frame);
        bytesWritten = _frame.WrittenCount < Math.Min(source.Length, destination.Length) ? _frame.WrittenCount : 0;
        _frame.WrittenSpan[..bytesWritten].CopyTo(destination.Span);
        return bytesWritten > 0;
    }

    public void Compress(ReadOnlyMemory<byte> source, Stream destination) => throw new NotSupportedException("a writer that cannot leave a buffer as it is");

    public int Decompress(ReadOnlyMemory<byte> source, Memory<byte> destination) => throw new NotSupportedException("staged files are read with Arrow's own codec");

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pages, null) is { } pages)
        {
            _unused.Add(pages);
            _frame.Dispose();
        }
    }

    /// <summary>By bytes from the middle: a column's beginning may be of another make.</summary>
    private static PageEffort Choose(PageCompressor pages, ReadOnlySpan<byte> source)
    {
        var (usual, literals) = pages.Estimate(source.Slice((source.Length - SampleBytes) / 2, SampleBytes));
        return usual + (RepetitionPays * SampleBytes) < literals ? PageEffort.Usual : PageEffort.Literals;
    }

    /// <summary>For zstd only.</summary>
    public sealed class Factory : ICompressionCodecFactory
    {
        public ICompressionCodec CreateCodec(CompressionCodecType compressionCodecType) => CreateCodec(compressionCodecType, compressionLevel: null);

        public ICompressionCodec CreateCodec(CompressionCodecType compressionCodecType, int? compressionLevel)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual((int)compressionCodecType, (int)CompressionCodecType.Zstd);
            return new StagedCodec();
        }
    }
}
