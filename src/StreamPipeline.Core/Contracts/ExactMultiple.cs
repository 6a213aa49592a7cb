namespace StreamPipeline.Core.Contracts;

/// <summary>
/// <c>multipleOf</c> in decimal: 0.3 is a multiple of 0.1. Source: JSON Schema 2020-12 validation, section 6.2.1.
/// </summary>
internal sealed class ExactMultiple
{
    /// <summary>Most significant digits of a divisor, so that the remainder times ten fits 128 bits.</summary>
    public const int DigitsMax = 18;

    private readonly ulong _digits;
    private readonly long _exponent;

    /// <param name="divisor">Above zero, with at most <see cref="DigitsMax"/> significant digits.</param>
    public ExactMultiple(ExactNumber divisor)
    {
        _digits = divisor.Digits();
        _exponent = divisor.Exponent;
    }

    public bool Divides(ExactNumber value)
    {
        if (value.IsZero)
        {
            return true;
        }

        var shift = value.Exponent - _exponent;
        if (shift < 0)
        {
            // The value's digits do not end in zero, so no power of ten can be taken out of them.
            return false;
        }

        var rest = (UInt128)value.DigitsModulo(_digits);
        while (shift > 0 && rest != 0)
        {
            // A remainder reaches zero within log2(divisor) < 64 steps, or never: then the steps need not be many.
            if (value.Exponent - _exponent - shift >= 64)
            {
                return false;
            }

            rest = rest * 10 % _digits;
            shift--;
        }

        return rest == 0;
    }

    /// <summary>As the other, of <paramref name="digits"/> × 10^<paramref name="power"/>.</summary>
    /// <param name="digits">Whatever they end with.</param>
    /// <param name="power">Null is answered beyond some twenty places more or less than the divisor has.</param>
    public bool? Divides(ulong digits, int power) => digits == 0 ? true : (power - _exponent) switch
    {
        0 => digits % _digits == 0,
        > 0 and <= PowersOfTen.Max and var more => (UInt128)(digits % _digits) * PowersOfTen.All[(int)more] % _digits == 0,
        < 0 and >= -PowersOfTen.Max and var less => digits % ((UInt128)_digits * PowersOfTen.All[-(int)less]) == 0,
        _ => null,
    };
}
