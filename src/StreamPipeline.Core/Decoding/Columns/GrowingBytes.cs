using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace StreamPipeline.Core.Decoding.Columns;

/// <summary>
/// Bytes that grow and are then handed to Arrow as they are. They come from the garbage collector, not from a pool: an array may outlive the
/// batch in a slice, and Arrow has no public way to be told to give rented memory back. What is known of the last batch sizes the next one.
/// </summary>
/// <param name="hint">Bytes that will be about enough.</param>
internal sealed class GrowingBytes(int hint = 0)
{
    private byte[] _bytes = [];
    private int _hint = hint;

    public int Length { get; private set; }

    public Span<byte> Written => _bytes.AsSpan(0, Length);

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

    public void Advance(int count) => Length += count;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void Truncate(int length) => Length = length;

    /// <summary>Hands over the bytes and starts afresh.</summary>
    public ArrowBuffer Build()
    {
        var buffer = new ArrowBuffer(_bytes.AsMemory(0, Length));
        _hint = Length + (Length >> 3);
        _bytes = [];
        Length = 0;
        return buffer;
    }

    private void Grow(long needed)
    {
        if (needed > System.Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"a column of {needed} bytes does not fit one batch, at most {System.Array.MaxLength} do: build a batch before it holds that much");
        }

        var size = Math.Max(needed, Math.Max(Math.Min(_bytes.Length * 2L, System.Array.MaxLength), Math.Max(_hint, 256)));
        var grown = GC.AllocateUninitializedArray<byte>((int)size);
        Written.CopyTo(grown);
        _bytes = grown;
    }
}
