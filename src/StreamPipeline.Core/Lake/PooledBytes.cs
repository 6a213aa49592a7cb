using System.Buffers;
using System.Buffers.Binary;

namespace StreamPipeline.Core.Lake;

/// <summary>Bytes that grow, in an array of the shared pool. Owner: who made it, who disposes it; no span of it is used after that.</summary>
internal sealed class PooledBytes(int bytesHint) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(bytesHint);

    public int WrittenCount { get; private set; }

    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, WrittenCount);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, WrittenCount);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - WrittenCount);
        WrittenCount += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(WrittenCount);
    }

    /// <summary>Overwrites four bytes that are there already, little endian.</summary>
    public void PatchInt32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at, sizeof(int)), value);

    /// <summary>Overwrites a byte that is there already.</summary>
    public void Patch(int at, byte value) => _bytes.AsSpan(0, WrittenCount)[at] = value;

    /// <summary>Overwrites two bytes that are there already, little endian.</summary>
    public void PatchUInt16(int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(at, sizeof(ushort)), checked((ushort)value));

    public void Clear() => WrittenCount = 0;

    /// <summary>Takes back what was written behind the first <paramref name="count"/> bytes.</summary>
    public void CutTo(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, WrittenCount);
        WrittenCount = count;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        WrittenCount = 0;
    }

    private void Reserve(int sizeHint)
    {
        var needed = checked(WrittenCount + Math.Max(1, sizeHint));
        if (needed <= _bytes.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, 2L * _bytes.Length), Array.MaxLength));
        WrittenSpan.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
