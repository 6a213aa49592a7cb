using System.IO.Hashing;
using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>Hashes of member names, which are mostly short: by the words that they begin and end with.</summary>
internal readonly unsafe struct NameHash
{
    // The runtime's own random seed: names chosen to collide for one process do not for another, and no result depends on it.
    private readonly ulong _seed;

    public NameHash() => _seed = ((ulong)HashCode.Combine(nameof(NameHash)) * 0x9E37_79B9_7F4A_7C15) | 1;

    /// <param name="name">A word beyond its end can be read.</param>
    /// <param name="length">Bytes of the name.</param>
    /// <returns>Never 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(byte* name, int length) => Any(name, length) is var hash && hash != 0 ? hash : 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Any(byte* name, int length)
    {
        if (length > 4 * sizeof(ulong))
        {
            return XxHash3.HashToUInt64(new ReadOnlySpan<byte>(name, length), (long)_seed);
        }

        // The first and the last word hold all of a short name, the two words beside them the rest of a longer one.
        var head = Unsafe.ReadUnaligned<ulong>(name) & Words.Mask(length);
        var tail = length < sizeof(ulong) ? (ulong)length : Unsafe.ReadUnaligned<ulong>(name + length - sizeof(ulong));
        var hash = Mixed(head ^ _seed, tail ^ (_seed >> 7) ^ 0xA076_1D64_78BD_642F) ^ (uint)length;
        return length <= 2 * sizeof(ulong)
            ? hash
            : Mixed(
                Unsafe.ReadUnaligned<ulong>(name + sizeof(ulong)) ^ hash,
                Unsafe.ReadUnaligned<ulong>(name + length - (2 * sizeof(ulong))) ^ (_seed >> 11) ^ 0xE703_7ED1_A0B4_28DB);
    }

    private static ulong Mixed(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
