using System.Numerics;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Integers as differences to the one before, each block packed with as few bits as its own differences need. Source: Encodings.md in
/// apache/parquet-format, "Delta Encoding", whose arithmetic wraps around.
/// </summary>
internal static class DeltaBinaryPacked
{
    /// <summary>Differences that are packed together.</summary>
    public const int Block = 128;

    /// <summary>Parts of a block, each with a width of its own.</summary>
    public const int Minis = 4;

    /// <summary>Differences in one.</summary>
    public const int Mini = Block / Minis;

    /// <param name="values">Any.</param>
    /// <param name="output">Appended to.</param>
    public static void Write<T>(ReadOnlySpan<T> values, PooledBytes output)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        WriteHeader(values, output);
        if (values.Length > 1 && values.IndexOfAnyExcept(values[0]) < 0)
        {
            WriteSame(values.Length, output);
            return;
        }

        Span<ulong> above = stackalloc ulong[Block];
        for (var at = 1; at < values.Length; at += Block)
        {
            var count = Math.Min(Block, values.Length - at);
            WriteBlock(values.Slice(at - 1, count + 1), above, output);
        }
    }

    /// <summary>The same as words of whole bytes, whose repetition zstd finds.</summary>
    public static void Write<T>(ReadOnlySpan<T> values, DeltaWords<T> words, PooledBytes output)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        WriteHeader(values, output);
        for (var at = 1; at < values.Length; at += Block)
        {
            words.WriteBlock(values.Slice(at - 1, Math.Min(Block, values.Length - at) + 1), output);
        }
    }

    private static void WriteHeader<T>(ReadOnlySpan<T> values, PooledBytes output)
        where T : unmanaged, IBinaryInteger<T>
    {
        Varint.Write(Block, output);
        Varint.Write(Minis, output);
        Varint.Write((ulong)values.Length, output);
        Varint.WriteZigZag(values.IsEmpty ? 0 : long.CreateTruncating(values[0]), output);
    }

    /// <summary>Blocks of differences that are all zero: the lengths of ids.</summary>
    private static void WriteSame(int count, PooledBytes output)
    {
        const int BlockBytes = 1 + Minis;
        var blocks = (count - 1 + Block - 1) / Block;
        output.GetSpan(blocks * BlockBytes)[..(blocks * BlockBytes)].Clear();
        output.Advance(blocks * BlockBytes);
    }

    /// <param name="values">The last of the block before, then those of the block.</param>
    /// <param name="above">Scratch.</param>
    /// <param name="output">Appended to.</param>
    private static void WriteBlock<T>(ReadOnlySpan<T> values, Span<ulong> above, PooledBytes output)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var count = values.Length - 1;
        var (least, greatest) = DeltaWords<T>.RangeOf(values);
        if (least == greatest)
        {
            Varint.WriteZigZag(long.CreateTruncating(least), output);
            output.GetSpan(Minis)[..Minis].Clear();
            output.Advance(Minis);
            return;
        }

        // In T's own width: a 32-bit column never needs more than 32 bits.
        Span<ulong> all = stackalloc ulong[Minis];
        all.Clear();
        var mask = ulong.MaxValue >> (64 - (8 * System.Runtime.CompilerServices.Unsafe.SizeOf<T>()));
        for (var i = 0; i < count; i++)
        {
            above[i] = ulong.CreateTruncating(unchecked(values[i + 1] - values[i] - least)) & mask;
            all[i / Mini] |= above[i];
        }

        above[count..].Clear();
        Varint.WriteZigZag(long.CreateTruncating(least), output);
        var widths = output.GetSpan(Minis);
        for (var mini = 0; mini < Minis; mini++)
        {
            all[mini] = 64 - (ulong)BitOperations.LeadingZeroCount(all[mini]);
            widths[mini] = (byte)all[mini];
        }

        output.Advance(Minis);

        // Miniblocks behind the last value are left out; the last one that is there is whole.
        for (var mini = 0; mini * Mini < count; mini++)
        {
            BitPacking.Pack(above.Slice(mini * Mini, Mini), (int)all[mini], output);
        }
    }
}
