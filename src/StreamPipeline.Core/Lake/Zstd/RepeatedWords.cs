using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Zstd;

/// <summary>
/// Finds words that came before, nearest first, in a page that is words of one width nearly throughout: where the last one with the same hash was,
/// one place for each hash. A match is whole words: a byte more, equal by chance, would put what follows out of step.
/// </summary>
internal sealed class RepeatedWords
{
    private const int HashBits = 13;
    private const int Nowhere = -1;
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private readonly int[] _places = new int[1 << HashBits];

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
        var (at, anchor) = (from, from);
        while (at <= last)
        {
            var word = WordAt(ref bytes, at) & mask;
            ref var place = ref Unsafe.Add(ref places, (nint)((word * Golden) >> (64 - HashBits)));
            var earlier = place;
            place = at;
            if (earlier == Nowhere || (WordAt(ref bytes, earlier) & mask) != word)
            {
                at++;
                continue;
            }

            var match = width;
            while (at + match <= last && ((WordAt(ref bytes, at + match) ^ WordAt(ref bytes, earlier + match)) & mask) == 0)
            {
                match += width;
            }

            Keep(page[anchor..at], literals);
            sequences.Add(at - anchor, match, at - earlier);
            at += match;
            anchor = at;
        }

        Keep(page[anchor..end], literals);
    }

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
