using System.Numerics;

namespace StreamPipeline.Core.Dedup;

/// <summary>
/// The order in which a batch's keys are looked up: by their first bits, as a seen-set keeps them. In the order of rows each key of a set of millions waits
/// for a page whose address the processor has to find first; in this order neighbours lie on one page or the next. Keys that are equal stay in row order.
/// </summary>
internal static class KeyOrder
{
    private const int BitsMax = 10;

    /// <summary>Fewer keys than this stay in row order.</summary>
    private const int KeysMin = 512;

    /// <summary>A stable counting sort of the rows by the first bits of their keys.</summary>
    /// <param name="fingerprints">One per row.</param>
    /// <param name="rows">As many; filled.</param>
    public static void ByFirstBits(ReadOnlySpan<UInt128> fingerprints, Span<int> rows)
    {
        if (fingerprints.Length < KeysMin)
        {
            ByRow(rows);
            return;
        }

        // Some eight keys share their first bits.
        var bits = Math.Min(BitOperations.Log2((uint)fingerprints.Length) - 3, BitsMax);
        Span<int> next = stackalloc int[1 << BitsMax];
        next.Clear();
        foreach (ref readonly var fingerprint in fingerprints)
        {
            next[First(fingerprint, bits)]++;
        }

        var before = 0;
        foreach (ref var count in next)
        {
            (count, before) = (before, before + count);
        }

        for (var row = 0; row < fingerprints.Length; row++)
        {
            rows[next[First(fingerprints[row], bits)]++] = row;
        }
    }

    /// <summary>The order of the rows.</summary>
    public static void ByRow(Span<int> rows)
    {
        for (var row = 0; row < rows.Length; row++)
        {
            rows[row] = row;
        }
    }

    private static int First(UInt128 fingerprint, int bits) => (int)((ulong)(fingerprint >> 64) >> (64 - bits));
}
