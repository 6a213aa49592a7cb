using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Finds words that came before, nearest first, in a page that is words of one width nearly throughout: where the last one with the same hash was,
/// one place for each hash. A match is whole words: a byte more, equal by chance, would put what follows out of step.
/// </summary>
internal sealed class RepeatedWords : IDisposable
{
    /// <summary>Narrowest word.</summary>
    public const int BytesMin = SequenceCodes.MatchMin;

    private const int HashBits = 15;

    // Behind a match words are in step; where none comes again for so long, each byte may be the first of one.
    private const int MissesInStep = 8;
    private const int Nowhere = -1;
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private readonly int[] _places = ArrayPool<int>.Shared.Rent(1 << HashBits);

    /// <summary>Forgets the page before.</summary>
    public void Begin() => _places.AsSpan().Fill(Nowhere);

    /// <summary>Finds matches of one block; what is left are its literals.</summary>
    /// <param name="page">All of it: matches lie in earlier blocks too.</param>
    /// <param name="from">Where the block begins.</param>
    /// <param name="count">Bytes of it.</param>
    /// <param name="width">Bytes of a word, 3 to 8.</param>
    /// <param name="literals">Appended to.</param>
    /// <param name="sequences">Added to.</param>
    public void Find(ReadOnlySpan<byte> page, int from, int count, int width, PooledBytes literals, SequencesSection sequences)
    {
        ref var bytes = ref MemoryMarshal.GetReference(page);
        ref var places = ref MemoryMarshal.GetArrayDataReference(_places);
        var mask = ulong.MaxValue >> (64 - (8 * width));
        var end = from + count;

        // Loads of eight bytes stay in the block.
        var last = end - sizeof(ulong);
        var (at, anchor, misses) = (from, from, MissesInStep);
        while (at <= last)
        {
            var word = WordAt(ref bytes, at) & mask;
            ref var place = ref Unsafe.Add(ref places, (nint)((word * Golden) >> (64 - HashBits)));
            var earlier = place;
            place = at;
            if (earlier == Nowhere || (WordAt(ref bytes, earlier) & mask) != word)
            {
                at += misses++ < MissesInStep ? width : 1;
                continue;
            }

            misses = 0;
            var match = width;
            for (ulong differing = 0; at + match <= last; match += width)
            {
                word = WordAt(ref bytes, at + match);
                differing = word ^ WordAt(ref bytes, earlier + match);
                if ((differing & mask) != 0)
                {
                    // Not by chance where two words are equal: the rest of what stands between the words of one block and the next.
                    match += match > width ? BitOperations.TrailingZeroCount(differing) / 8 : 0;
                    break;
                }

                Unsafe.Add(ref places, (nint)(((word & mask) * Golden) >> (64 - HashBits))) = at + match;
            }

            Keep(page[anchor..at], literals);
            sequences.Add(at - anchor, match, at - earlier);
            at += match;
            anchor = at;
        }

        Keep(page[anchor..end], literals);
    }

    public void Dispose() => ArrayPool<int>.Shared.Return(_places);

    private static void Keep(ReadOnlySpan<byte> bytes, PooledBytes literals)
    {
        if (!bytes.IsEmpty)
        {
            literals.Write(bytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong WordAt(ref byte bytes, int at)
    {
        var word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, at));
        return BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
    }
}
