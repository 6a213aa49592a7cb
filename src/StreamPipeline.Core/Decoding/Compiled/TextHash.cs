using System.IO.Hashing;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Hashes of member names and of an enum's values, which are mostly short: by the words that they begin and end with.</summary>
internal readonly unsafe struct TextHash
{
    // The runtime's own random seed: texts chosen to collide for one process do not for another, and no result depends on it.
    private readonly ulong _seed;

    public TextHash() => _seed = ((ulong)HashCode.Combine(nameof(TextHash)) * 0x9E37_79B9_7F4A_7C15) | 1;

    /// <param name="text">A word beyond its end can be read.</param>
    /// <param name="length">Bytes of the text.</param>
    /// <returns>Never 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(byte* text, int length) => Any(text, length) is var hash && hash != 0 ? hash : 1;

    /// <summary>The same of a text that nothing need be behind.</summary>
    public ulong Of(ReadOnlySpan<byte> text)
    {
        var copy = new byte[text.Length + sizeof(ulong)];
        text.CopyTo(copy);
        fixed (byte* at = copy)
        {
            return Of(at, text.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Any(byte* text, int length)
    {
        if (length > 4 * sizeof(ulong))
        {
            return XxHash3.HashToUInt64(new ReadOnlySpan<byte>(text, length), (long)_seed);
        }

        // The first and the last word hold all of a short one, the two words beside them the rest of a longer one.
        var head = Unsafe.ReadUnaligned<ulong>(text) & Words.Mask(length);
        var tail = length < sizeof(ulong) ? (ulong)length : Unsafe.ReadUnaligned<ulong>(text + length - sizeof(ulong));
        var hash = Mixed(head ^ _seed, tail ^ (_seed >> 7) ^ 0xA076_1D64_78BD_642F) ^ (uint)length;
        return length <= 2 * sizeof(ulong)
            ? hash
            : Mixed(
                Unsafe.ReadUnaligned<ulong>(text + sizeof(ulong)) ^ hash,
                Unsafe.ReadUnaligned<ulong>(text + length - (2 * sizeof(ulong))) ^ (_seed >> 11) ^ 0xE703_7ED1_A0B4_28DB);
    }

    private static ulong Mixed(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
