using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StreamPipeline.Core.Decoding;

/// <summary>A text that others are compared with, by whole vectors: behind it there is room to read on. Not thread-safe.</summary>
internal sealed unsafe class PaddedText
{
    /// <summary>What is read at a time.</summary>
    public const int VectorBytes = 32;

    private byte[] _bytes = new byte[VectorBytes];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>Becomes another text, and allocates only for one that is longer than those before.</summary>
    public void Set(ReadOnlySpan<byte> text)
    {
        if (_bytes.Length < text.Length + VectorBytes)
        {
            _bytes = new byte[text.Length + VectorBytes];
        }

        text.CopyTo(_bytes);
        Length = text.Length;
    }

    /// <summary>Whether a text begins with this one.</summary>
    /// <param name="text">Its first byte.</param>
    /// <param name="end">Behind its last one; nothing from there on is read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Begins(byte* text, byte* end) => IsAt(text, end, ref MemoryMarshal.GetArrayDataReference(_bytes), Length);

    /// <summary>Whether a text begins with this one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Begins(ReadOnlySpan<byte> text)
    {
        fixed (byte* first = text)
        {
            return Begins(first, first + text.Length);
        }
    }

    /// <summary>Whether a text begins with another one.</summary>
    /// <param name="text">Its first byte.</param>
    /// <param name="end">Behind its last one; nothing from there on is read.</param>
    /// <param name="other">A vector of it can be read, whatever its length.</param>
    /// <param name="length">Of the other one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAt(byte* text, byte* end, ref readonly byte other, int length)
    {
        var left = end - text;
        return left < length ? false
            : !Vector256.IsHardwareAccelerated || left < VectorBytes ? IsSame(text, in other, length)
            : length < VectorBytes ? IsShortAt(text, in other, length)
            : IsLongAt(text, in other, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsShortAt(byte* text, ref readonly byte other, int length)
    {
        var differs = ~Vector256.Equals(Vector256.Load(text), Vector256.LoadUnsafe(in other)).ExtractMostSignificantBits();
        return (differs & ((1U << length) - 1)) == 0;
    }

    /// <summary>The last vector overlaps the one before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsLongAt(byte* text, ref readonly byte other, int length)
    {
        var last = (nuint)length - VectorBytes;
        var differs = Vector256.Load(text + last) ^ Vector256.LoadUnsafe(in other, last);
        for (nuint at = 0; at < last; at += VectorBytes)
        {
            differs |= Vector256.Load(text + at) ^ Vector256.LoadUnsafe(in other, at);
        }

        return differs == Vector256<byte>.Zero;
    }

    private static bool IsSame(byte* text, ref readonly byte other, int length) =>
        new ReadOnlySpan<byte>(text, length).SequenceEqual(MemoryMarshal.CreateReadOnlySpan(in other, length));
}
