using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding;

/// <summary>The division that decimal text of a sequence number takes: by 10^19, without the 128-bit division that .NET does in software.</summary>
internal readonly record struct UInt192(ulong High, ulong Middle, ulong Low)
{
    /// <summary>10^19; its highest bit is set, which the division relies on.</summary>
    private const ulong Chunk = 10_000_000_000_000_000_000;

    /// <summary>floor((2^128 - 1) / 10^19) - 2^64.</summary>
    private const ulong Reciprocal = 0xD83C94FB6D2AC34A;

    /// <summary>This / 10^19 and what remains.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public UInt192 DivideByChunk(out ulong remainder)
    {
        var high = High >= Chunk ? 1UL : 0;
        remainder = High - (high * Chunk);
        var middle = Divide(remainder, Middle, out remainder);
        var low = Divide(remainder, Low, out remainder);
        return new UInt192(high, middle, low);
    }

    /// <summary>
    /// (<paramref name="high"/> × 2^64 + <paramref name="low"/>) / 10^19 for <paramref name="high"/> below 10^19. Source: Möller and Granlund, "Improved
    /// division by invariant integers", IEEE Transactions on Computers 60 (2011), algorithm 4.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Divide(ulong high, ulong low, out ulong remainder)
    {
        var quotient = Math.BigMul(Reciprocal, high, out var fraction);
        fraction += low;
        quotient += high + (fraction < low ? 1UL : 0) + 1;
        remainder = low - (quotient * Chunk);
        if (remainder > fraction)
        {
            quotient--;
            remainder += Chunk;
        }

        if (remainder >= Chunk)
        {
            quotient++;
            remainder -= Chunk;
        }

        return quotient;
    }
}
