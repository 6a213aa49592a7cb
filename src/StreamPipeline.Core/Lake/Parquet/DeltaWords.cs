using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Differences as words of whole bytes: blocks subtract the same least difference and have one width, so that what repeats does so byte for byte, and is
/// found. Differences of times in milliseconds, held in microseconds, take 20 bits packed, 3 bytes as words, and 13 bits compressed. A block with an
/// outlier shares another least difference with the others that have one. Any block may be written by any plan: only the size depends on it.
/// </summary>
/// <param name="Least">What most blocks subtract.</param>
/// <param name="Outlying">What the others do.</param>
/// <param name="Bytes">Width of most blocks, 3 to 8.</param>
internal readonly record struct DeltaWords<T>(T Least, T Outlying, int Bytes)
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    private const int BlocksMax = 256;
    private const double MostOf = 0.75;

    // The shortest that zstd can repeat.
    private const int BytesMin = 3;

    /// <summary>A plan for a chunk, judged by some of its blocks.</summary>
    /// <param name="values">Two at least.</param>
    public static DeltaWords<T> Of(ReadOnlySpan<T> values)
    {
        var blocks = Math.Min(BlocksMax, (values.Length - 2 + DeltaBinaryPacked.Block) / DeltaBinaryPacked.Block);
        Span<(T Min, T Max)> ranges = stackalloc (T, T)[BlocksMax];
        Span<int> ofWidth = stackalloc int[sizeof(ulong) + 1];
        ofWidth.Clear();
        for (var i = 0; i < blocks; i++)
        {
            var from = (int)((long)i * (values.Length - 1) / blocks);
            ranges[i] = RangeOf(values.Slice(from, Math.Min(DeltaBinaryPacked.Block + 1, values.Length - from)));
            ofWidth[WidthOf(ranges[i].Min, ranges[i].Max)]++;
        }

        var (usual, covered) = (0, ofWidth[0]);
        while (covered < blocks * MostOf)
        {
            covered += ofWidth[++usual];
        }

        var (least, greatest, outlying) = (T.MaxValue, T.MinValue, T.MaxValue);
        foreach (var (min, max) in ranges[..blocks])
        {
            if (WidthOf(min, max) <= usual)
            {
                (least, greatest) = (T.Min(least, min), T.Max(greatest, max));
            }
            else
            {
                outlying = T.Min(outlying, min);
            }
        }

        return new DeltaWords<T>(least, T.Min(least, outlying), Math.Max(BytesMin, WidthOf(least, greatest)));
    }

    /// <summary>Least and greatest difference.</summary>
    /// <param name="values">Two at least.</param>
    public static (T Min, T Max) RangeOf(ReadOnlySpan<T> values)
    {
        var (min, max) = (T.MaxValue, T.MinValue);
        var i = 1;
        if (values.Length > Vector<T>.Count)
        {
            var (least, greatest) = (new Vector<T>(T.MaxValue), new Vector<T>(T.MinValue));
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + Vector<T>.Count <= values.Length; i += Vector<T>.Count)
            {
                var differences = Vector.LoadUnsafe(ref first, (nuint)i) - Vector.LoadUnsafe(ref first, (nuint)i - 1);
                least = Vector.Min(least, differences);
                greatest = Vector.Max(greatest, differences);
            }

            for (var lane = 0; lane < Vector<T>.Count; lane++)
            {
                (min, max) = (T.Min(min, least[lane]), T.Max(max, greatest[lane]));
            }
        }

        for (; i < values.Length; i++)
        {
            var difference = unchecked(values[i] - values[i - 1]);
            (min, max) = (T.Min(min, difference), T.Max(max, difference));
        }

        return (min, max);
    }

    /// <summary>Appends a block.</summary>
    /// <param name="values">The last of the block before, then those of the block.</param>
    /// <param name="output">Appended to.</param>
    public void WriteBlock(ReadOnlySpan<T> values, PooledBytes output)
    {
        var (min, max) = RangeOf(values);
        var (least, width) = min >= Least && WidthOf(Least, max) <= Bytes ? (Least, Bytes)
            : min >= Outlying ? (Outlying, WidthOf(Outlying, max))
            : (min, WidthOf(min, max));
        Varint.WriteZigZag(long.CreateTruncating(least), output);
        var count = values.Length - 1;
        var minis = (count + DeltaBinaryPacked.Mini - 1) / DeltaBinaryPacked.Mini;
        var widths = output.GetSpan(DeltaBinaryPacked.Minis);
        for (var mini = 0; mini < DeltaBinaryPacked.Minis; mini++)
        {
            widths[mini] = (byte)(mini < minis ? 8 * width : 0);
        }

        output.Advance(DeltaBinaryPacked.Minis);

        // Each store writes eight bytes, and the next one over what was too much.
        var bytes = minis * DeltaBinaryPacked.Mini * width;
        var to = output.GetSpan(bytes + sizeof(ulong));
        ref var start = ref MemoryMarshal.GetReference(to);
        for (var i = 0; i < count; i++)
        {
            var word = ulong.CreateTruncating(unchecked(values[i + 1] - values[i] - least));
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref start, i * width), BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }

        to[(count * width)..bytes].Clear();
        output.Advance(bytes);
    }

    private static int WidthOf(T min, T max) =>
        ((8 * Unsafe.SizeOf<T>()) - int.CreateTruncating(T.LeadingZeroCount(unchecked(max - min))) + 7) / 8;
}
