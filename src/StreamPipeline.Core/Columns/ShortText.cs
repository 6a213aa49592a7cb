using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Columns;

/// <summary>A text of up to 16 bytes as two words: with its length they are the text, so that comparing it takes neither a loop nor a branch.</summary>
/// <param name="First">Its first bytes.</param>
/// <param name="Last">Its last bytes, which may be some of the first again.</param>
/// <param name="Length">Of the text, bytes.</param>
internal readonly record struct ShortText(ulong First, ulong Last, int Length)
{
    public const int BytesMax = 2 * sizeof(ulong);

    /// <param name="text">At most <see cref="BytesMax"/> bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShortText Of(ReadOnlySpan<byte> text)
    {
        if (text.Length >= sizeof(ulong))
        {
            return new(BinaryPrimitives.ReadUInt64LittleEndian(text), BinaryPrimitives.ReadUInt64LittleEndian(text[^sizeof(ulong)..]), text.Length);
        }

        if (text.Length >= sizeof(uint))
        {
            return new(BinaryPrimitives.ReadUInt32LittleEndian(text), BinaryPrimitives.ReadUInt32LittleEndian(text[^sizeof(uint)..]), text.Length);
        }

        return text.IsEmpty ? default : new((ulong)text[0] | ((ulong)text[text.Length >> 1] << 8), text[^1], text.Length);
    }

    /// <summary>Whether both are the same text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(in ShortText other) => ((First ^ other.First) | (Last ^ other.Last) | (uint)(Length ^ other.Length)) == 0;
}
