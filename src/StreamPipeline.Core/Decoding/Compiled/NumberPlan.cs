using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

internal sealed unsafe class NumberPlan(ContractField field, FixedColumn<double> column) : ValuePlan(column, field.Nullable)
{
    private const int ExponentDigitsMax = 3;

    private readonly NumberLimits _limits = field.Number!;

    // Above a number is from the next one on: so there are two comparisons, not four. No value here is infinite or NaN.
    private readonly double _minimum = Math.Max(
        field.Number!.Minimum ?? double.NegativeInfinity, Math.BitIncrement(field.Number!.ExclusiveMinimum ?? double.NegativeInfinity));
    private readonly double _maximum = Math.Min(
        field.Number!.Maximum ?? double.PositiveInfinity, Math.BitDecrement(field.Number!.ExclusiveMaximum ?? double.PositiveInfinity));
    private readonly bool _isPlain = field.Number is { Multiple: null, ValuesSorted: null };
    private readonly DecimalShape[] _shapes = ShortDecimal.Shapes;
    private Steady _length = new();
    private UsualDecimal _usual = UsualDecimal.None;
    private int _usualLength;

    public override byte* Read(byte* at, PlanRow row)
    {
        if (Vector128.IsHardwareAccelerated && _isPlain && _length.Is(row) && _usual.TryRead(at, out var value) && TryAppend(value))
        {
            return at + _usualLength;
        }

        return ReadShort(at, row);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadShort(byte* at, PlanRow row)
    {
        column.Reserve();
        if (Vector128.IsHardwareAccelerated && _isPlain)
        {
            var end = ShortDecimal.Read(at, _shapes, out var value, out var shape);
            if (end != null && TryAppend(value))
            {
                if (_length.Is(row))
                {
                    _usualLength = (int)(end - at);
                    _length.Note(_usualLength, row);
                    _usual = UsualDecimal.Of(_shapes[shape], at, _usualLength);
                }

                return end;
            }
        }

        return ReadLong(at, row);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadLong(byte* at, PlanRow row)
    {
        if (Vector128.IsHardwareAccelerated && _isPlain)
        {
            var end = LongDecimal.Read(at, out var value);
            if (end != null && TryAppend(value))
            {
                return end;
            }
        }

        return ReadOther(at, *at == '-', row);
    }

    /// <summary>As the complete path compares, when there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryAppend(double value) => value >= _minimum && value <= _maximum && column.TryAppend(value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadOther(byte* at, bool negative, PlanRow row)
    {
        var digits = at + (negative ? 1 : 0);
        var end = Digits.ReadDecimal(digits, out var magnitude, out var count, out var decimals);
        if (count == 0)
        {
            return ReadNull(at);
        }

        if ((*digits == '0' && count > 1) || (decimals == 0 && end != digits + count))
        {
            return null;
        }

        var power = -decimals;
        var behind = (*end | 0x20) == 'e' ? ReadExponent(end + 1, ref power) : end;
        bool? isMultiple = null;
        if (behind != null && HasAllDigits(digits, count, decimals) && DecimalScale.TryScale(magnitude, power, out var value))
        {
            end = behind;
            value = negative ? -value : value;
            isMultiple = _limits.Multiple?.Divides(magnitude, power);
        }
        else
        {
            end = ReadAny(at, row, out value);
            if (end == null)
            {
                return null;
            }
        }

        if (value < _minimum || value > _maximum || !(_isPlain || Fits(value, isMultiple, at, end)))
        {
            return null;
        }

        column.Append(value);
        return end;
    }

    /// <param name="at">Behind the e.</param>
    /// <param name="power">Moves by it.</param>
    /// <returns>Behind its last digit; null when it has none, or more than any power within <see cref="DecimalScale.PowerMax"/> needs.</returns>
    private static byte* ReadExponent(byte* at, ref int power)
    {
        var negative = *at == '-';
        at += negative || *at == '+' ? 1 : 0;
        var exponent = 0;
        var start = at;
        for (; (uint)(*at - '0') <= 9; at++)
        {
            if (at - start == ExponentDigitsMax)
            {
                return null;
            }

            exponent = (exponent * 10) + (*at - '0');
        }

        power += negative ? -exponent : exponent;
        return at == start ? null : at;
    }

    /// <summary>Whether all digits have been read, and what they amount to fits 64 bits.</summary>
    private static bool HasAllDigits(byte* digits, int count, int decimals)
    {
        var significant = count + decimals;
        if (significant <= Digits.FittingMax)
        {
            return true;
        }

        if (count >= Digits.ReadMax || decimals >= Digits.ReadMax || *digits != '0')
        {
            return false;
        }

        // Zero point zeros.
        significant--;
        for (var zero = digits + 2; *zero == '0'; zero++)
        {
            significant--;
        }

        return significant <= Digits.FittingMax;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* ReadAny(byte* at, PlanRow row, out double value)
    {
        value = 0;
        var end = NumberText.End(at, row.Limit);
        return end != null
            && double.TryParse(new ReadOnlySpan<byte>(at, (int)(end - at)), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value)
            ? end
            : null;
    }

    private bool Fits(double value, bool? isMultiple, byte* at, byte* end) =>
        (_limits.Multiple is not { } multiple || (isMultiple ?? multiple.Divides(ExactNumber.Parse(new ReadOnlySpan<byte>(at, (int)(end - at))))))
        && (_limits.ValuesSorted is not { } values || Array.BinarySearch(values, value) >= 0);
}
