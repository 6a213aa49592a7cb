using ZstdSharp;

namespace StreamPipeline.Core.Decoding;

/// <summary>Inflates zstd, with the errors of the library told as <see cref="CompressedDataException"/>.</summary>
internal sealed class ZstdInput(Stream compressed) : ReadOnlyStream
{
    private readonly CountingStream _counted = new(compressed);
    private DecompressionStream? _zstd;
    private bool _done;

    public override int Read(Span<byte> buffer)
    {
        if (_done)
        {
            return 0;
        }

        _zstd ??= Compression.OpenZstd(_counted);
        try
        {
            return _zstd.Read(buffer);
        }
        catch (EndOfStreamException exception)
        {
            _done = true;
            throw new CompressedDataException($"the zstd data ends early, after {_counted.BytesRead:N0} bytes", endsEarly: true, exception);
        }
        catch (ZstdException exception)
        {
            _done = true;
            throw new CompressedDataException(
                $"the zstd data is damaged within its first {_counted.BytesRead:N0} bytes: {exception.Message}", endsEarly: false, exception);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _zstd?.Dispose();
            _counted.Dispose();
        }

        base.Dispose(disposing);
    }

    private sealed class CountingStream(Stream inner) : ReadOnlyStream
    {
        public long BytesRead { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            BytesRead += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
