namespace StreamPipeline.Core.Lake;

/// <summary>Appends to <see cref="PooledBytes"/>, for writers that know nothing but streams. The bytes remain their owner's.</summary>
internal sealed class PooledBytesStream(PooledBytes bytes) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => bytes.WrittenCount;

    public override long Position
    {
        get => bytes.WrittenCount;
        set => throw new NotSupportedException("bytes are only appended");
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        buffer.CopyTo(bytes.GetSpan(buffer.Length));
        bytes.Advance(buffer.Length);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("bytes are only appended");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("bytes are only appended");

    public override void SetLength(long value) => throw new NotSupportedException("bytes are only appended");
}
