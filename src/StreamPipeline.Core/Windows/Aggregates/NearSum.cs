namespace StreamPipeline.Core.Windows.Aggregates;

/// <summary>
/// A sum of doubles of similar size, exact in 128 bits, before it goes to an <see cref="ExactSum"/>: one shift and one addition per value instead of the
/// search for words. It takes values whose last bits weigh within 2^53 of each other, and 2^20 of them: 53 + 53 + 20 bits and the sign.
/// </summary>
internal struct NearSum
{
    private const int FractionBits = 52;
    private const int SpreadBits = 53;
    private const int ValuesMax = 1 << 20;

    private Int128 _sum;

    /// <summary>What bit 0 weighs, as a biased exponent of doubles.</summary>
    private int _low;
    private int _room;

    /// <summary>Adds a value here, or what is here and the value to <paramref name="sum"/>.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="sum">Where what does not fit goes.</param>
    public void Add(double value, ref ExactSum sum)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> FractionBits) & 0x7FF;
        var shift = exponent - _low;
        if ((uint)shift > SpreadBits || _room == 0)
        {
            if (value == 0)
            {
                return;
            }

            Restart(exponent, ref sum);
            shift = exponent - _low;
            if ((uint)shift > SpreadBits)
            {
                // Among the smallest there are.
                sum.Add(value);
                return;
            }
        }

        // The sign as −1 or 0: the mantissa, or its complement and one.
        var sign = bits >> 63;
        var mantissa = (((bits & ((1L << FractionBits) - 1)) | (1L << FractionBits)) ^ sign) - sign;
        _sum += new Int128((ulong)((mantissa >> 1) >> (63 - shift)), (ulong)mantissa << shift);
        _room--;
    }

    /// <summary>Adds what is here to <paramref name="sum"/>, and starts afresh.</summary>
    public void MoveTo(ref ExactSum sum)
    {
        sum.Add(_sum, _low - 1075);
        this = default;
    }

    private void Restart(int exponent, ref ExactSum sum)
    {
        MoveTo(ref sum);

        // Exponent 0 has no leading one, so it is never within reach.
        _low = Math.Max(1, exponent - (SpreadBits / 2));
        _room = ValuesMax;
    }
}
