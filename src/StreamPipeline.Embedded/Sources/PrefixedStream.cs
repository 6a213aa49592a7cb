using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Embedded.Sources;

/// <summary>Lets the beginning of a stream be looked at before it is read, also of a pipe.</summary>
internal sealed class PrefixedStream(Stream inner) : ReadOnlyStream
{
    private readonly byte[] _start = new byte[Compression.MagicBytes];
    private int _startLength;
    private int _startRead;

    /// <summary>The first bytes, fewer only when the stream has no more. To be called before reading.</summary>
    public ReadOnlySpan<byte> Peek()
    {
        if (_startLength == 0)
        {
            _startLength = inner.ReadAtLeast(_start, _start.Length, throwOnEndOfStream: false);
        }

        return _start.AsSpan(0, _startLength);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_startRead == _startLength)
        {
            return inner.Read(buffer);
        }

        var count = Math.Min(buffer.Length, _startLength - _startRead);
        _start.AsSpan(_startRead, count).CopyTo(buffer);
        _startRead += count;
        return count;
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
