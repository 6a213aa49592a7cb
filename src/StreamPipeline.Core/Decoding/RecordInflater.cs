using System.Buffers;
using System.Runtime.InteropServices;
using ZstdSharp;

namespace StreamPipeline.Core.Decoding;

internal enum InflateOutcome
{
    Inflated,
    TooLarge,
    Corrupt,
}

/// <summary>Inflates one record at a time into a scratch buffer that never grows beyond the limit it is given.</summary>
internal sealed class RecordInflater : IDisposable
{
    private const int ScratchBytesMin = 64 << 10;

    private readonly Decompressor _zstd = new();
    private byte[] _scratch = [];

    /// <summary>How many bytes the last call is known to have inflated, whatever became of them.</summary>
    public int BytesAttempted { get; private set; }

    /// <param name="compressed">Starts with the magic of <paramref name="kind"/>.</param>
    /// <param name="kind">Gzip or zstd.</param>
    /// <param name="bytesMax">Most bytes to inflate to, at least 0.</param>
    /// <param name="inflated">In the scratch buffer: valid until the next call.</param>
    /// <param name="error">What is wrong with the data when it is corrupt.</param>
    public InflateOutcome Inflate(
        ReadOnlyMemory<byte> compressed, CompressionKind kind, int bytesMax, out ReadOnlySpan<byte> inflated, out string error)
    {
        error = "";
        BytesAttempted = 0;
        try
        {
            var length = kind == CompressionKind.Zstd ? InflateZstd(compressed.Span, bytesMax) : InflateGzip(compressed, bytesMax);
            inflated = length < 0 ? [] : _scratch.AsSpan(0, length);
            return length < 0 ? InflateOutcome.TooLarge : InflateOutcome.Inflated;
        }
        catch (CompressedDataException exception)
        {
            error = exception.Message;
        }
        catch (ZstdException exception)
        {
            error = $"the zstd data is damaged: {exception.Message}";
        }

        inflated = [];
        return InflateOutcome.Corrupt;
    }

    public void Dispose()
    {
        _zstd.Dispose();
        ReturnScratch();
    }

    /// <summary>One shot into a buffer: unlike a zstd stream it needs no window of its own, whatever size the frame claims.</summary>
    private int InflateZstd(ReadOnlySpan<byte> compressed, int bytesMax)
    {
        for (var size = FirstSize(compressed.Length, bytesMax); ; size = NextSize(size, bytesMax))
        {
            Grow(size);
            if (_zstd.TryUnwrap(compressed, _scratch.AsSpan(0, size), out var written))
            {
                BytesAttempted = written;
                return written;
            }

            BytesAttempted = size;

            if (size == bytesMax)
            {
                return -1;
            }
        }
    }

    private int InflateGzip(ReadOnlyMemory<byte> compressed, int bytesMax)
    {
        var source = MemoryMarshal.TryGetArray(compressed, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(compressed.ToArray(), writable: false);
        using var gzip = new GzipInput(source);
        var size = FirstSize(compressed.Length, bytesMax);
        Grow(size);
        for (var length = 0; ;)
        {
            if (length == size)
            {
                if (size == bytesMax)
                {
                    Span<byte> beyond = stackalloc byte[1];
                    return gzip.Read(beyond) == 0 ? length : -1;
                }

                size = NextSize(size, bytesMax);
                GrowKeeping(size, length);
            }

            var read = gzip.Read(_scratch.AsSpan(length, size - length));
            if (read == 0)
            {
                return length;
            }

            length += read;
            BytesAttempted = length;
        }
    }

    private static int FirstSize(int compressedBytes, int bytesMax) =>
        (int)Math.Min(bytesMax, Math.Max(ScratchBytesMin, compressedBytes * 8L));

    private static int NextSize(int size, int bytesMax) => (int)Math.Min(bytesMax, size * 4L);

    private void Grow(int size)
    {
        if (_scratch.Length < size)
        {
            ReturnScratch();
            _scratch = ArrayPool<byte>.Shared.Rent(size);
        }
    }

    private void GrowKeeping(int size, int length)
    {
        if (_scratch.Length < size)
        {
            var larger = ArrayPool<byte>.Shared.Rent(size);
            _scratch.AsSpan(0, length).CopyTo(larger);
            ReturnScratch();
            _scratch = larger;
        }
    }

    private void ReturnScratch()
    {
        if (_scratch.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_scratch);
            _scratch = [];
        }
    }
}
