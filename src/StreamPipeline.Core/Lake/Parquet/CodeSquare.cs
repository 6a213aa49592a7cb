using System.Numerics;

namespace StreamPipeline.Core.Lake.Parquet;

/// <summary>
/// Codes of two bytes that have the same few values, so that one prefix code for all bytes, which is what zstd has, suits both: 5,000 entries make 71 by
/// 71 codes of 12.4 bits, where packed ones have 13. The codes between are left out; their entries repeat others, which no reader asks for.
/// </summary>
/// <param name="Side">Values that each byte has; 0 where codes are as many as entries.</param>
internal readonly record struct CodeSquare(int Side)
{
    /// <summary>Bits of a code that is two bytes.</summary>
    public const int CodeBits = 16;

    private const int Stride = 256;

    // More entries would make a dictionary page that readers hold longer than the chunk is worth.
    private const int EntriesMax = 1 << 14;

    // What the repeated entries of one row of the square take.
    private const int RowBytes = 16;

    // Reading a prefix code takes longer than reading packed numbers.
    private const double BitsWorthIt = 0.4;

    /// <summary>The square for a dictionary; none where packed codes are nearly as short.</summary>
    /// <param name="entries">One at least.</param>
    /// <param name="values">Values that have a code.</param>
    public static CodeSquare For(int entries, int values)
    {
        if (entries is <= Stride or > EntriesMax)
        {
            return default;
        }

        var side = (int)Math.Ceiling(Math.Sqrt(entries));
        var whole = BitOperations.Log2((uint)side);
        var bits = 2 * (whole + (2.0 * (side - (1 << whole)) / side));
        var saved = RleBitPacked.WidthOf(entries - 1) - bits;
        return saved >= BitsWorthIt && saved / 8 * values > side * RowBytes ? new CodeSquare(side) : default;
    }

    /// <param name="place">Of an entry in the order.</param>
    public int CodeOf(int place) => Side == 0 ? place : place + (place / Side * (Stride - Side));
}
