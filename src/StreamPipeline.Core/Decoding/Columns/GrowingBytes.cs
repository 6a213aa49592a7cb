using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>
/// Bytes that grow in rented memory and are then handed to Arrow as they are. What is known of the last batch sizes the next one.
/// A struct, so that a column reaches its bytes in one step: it is a field of one owner and must not be copied.
/// </summary>
/// <param name="hint">Bytes that will be about enough.</param>
internal struct GrowingBytes(int hint)
{
    private byte[] _bytes = [];
    private int _hint = hint;

    public int Length { get; private set; }

    public readonly Span<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Bytes that there is room for, those that are written included.</summary>
    public readonly int Capacity => _bytes.Length;

    /// <summary>The next <paramref name="count"/> bytes, to be written by the caller and then counted by <see cref="Advance"/>.</summary>
    /// <exception cref="InvalidOperationException">A column of more than 2 GB: the caller builds a batch too late.</exception>
    public Span<byte> Reserve(int count)
    {
        Room(count);
        return _bytes.AsSpan(Length);
    }

    /// <summary>As <see cref="Reserve"/>, for a caller that writes no more than <paramref name="count"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref byte Room(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Grow((long)Length + count);
        }

        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), Length);
    }

    /// <summary>A byte below <see cref="Capacity"/>, for a caller that knows so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ref byte At(int index) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_bytes), index);

    public void Advance(int count) => Length += count;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void Truncate(int length) => Length = length;

    /// <summary>Counts what the caller wrote by <see cref="At"/>, and makes room behind it.</summary>
    public void Extend(int length, int more)
    {
        Length = length;
        Room(more);
    }

    /// <summary>Hands over the bytes and starts afresh.</summary>
    /// <param name="owner">Gives the memory back; null: the garbage collector takes it.</param>
    public ArrowBuffer Build(ColumnBuffers? owner)
    {
        if (Length == 0)
        {
            return ArrowBuffer.Empty;
        }

        var buffer = owner?.Own(_bytes, Length) ?? new ArrowBuffer(_bytes.AsMemory(0, Length));
        // A small batch between large ones does not make the next large one grow from small again.
        _hint = Math.Max(Length + (Length >> 3), _hint - (_hint >> 2));
        _bytes = [];
        Length = 0;
        return buffer;
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        var bytes = _bytes;
        (_bytes, Length) = ([], 0);
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(long needed)
    {
        if (needed > System.Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"a column of {needed} bytes does not fit one batch, at most {System.Array.MaxLength} do: build a batch before it holds that much");
        }

        var size = Math.Max(needed, Math.Max(Math.Min(_bytes.Length * 2L, System.Array.MaxLength), Math.Max(_hint, 256)));
        var grown = ArrayPool<byte>.Shared.Rent((int)size);
        Written.CopyTo(grown);
        var length = Length;
        Release();
        (_bytes, Length) = (grown, length);
    }
}
