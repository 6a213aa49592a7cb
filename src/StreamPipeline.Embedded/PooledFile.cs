using System.Buffers;

namespace StreamPipeline.Embedded;

/// <summary>A file's bytes in an array of the shared pool. Owner: who read it.</summary>
internal sealed class PooledFile : IMemoryOwner<byte>
{
    private readonly int _length;
    private byte[]? _bytes;

    private PooledFile(byte[] bytes, int length) => (_bytes, _length) = (bytes, length);

    public Memory<byte> Memory => _bytes is { } bytes ? bytes.AsMemory(0, _length) : throw new ObjectDisposedException(nameof(PooledFile));

    /// <exception cref="IOException">It cannot be read, has more than 2 GB, or got shorter meanwhile.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static PooledFile Read(string file)
    {
        using var handle = File.OpenHandle(file);
        var length = RandomAccess.GetLength(handle);
        if (length > Array.MaxLength)
        {
            throw new IOException($"it has {length:N0} bytes; at most {Array.MaxLength:N0} can be read at once");
        }

        var bytes = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            for (var at = 0; at < length;)
            {
                var read = RandomAccess.Read(handle, bytes.AsSpan(at, (int)length - at), at);
                at += read > 0 ? read : throw new IOException($"it ended after {at:N0} of {length:N0} bytes");
            }

            return new PooledFile(bytes, (int)length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
