using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

internal sealed unsafe class NumberPlan(ContractField field, FixedColumn<double> column) : ValuePlan(column, field.Nullable)
{
    /// <summary>More might not fit 64 bits.</summary>
    private const int DigitsMax = 19;

    /// <summary>Integers up to here, and powers of ten up to 22, are doubles exactly: one division rounds once (Clinger 1990).</summary>
    private const ulong ExactMax = 1UL << 53;

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

    private static ReadOnlySpan<double> Powers =>
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

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

        double value;
        if (count + decimals > DigitsMax || magnitude > ExactMax || (*end | 0x20) == 'e')
        {
            end = ReadAny(at, row, out value);
            if (end == null)
            {
                return null;
            }
        }
        else
        {
            value = (long)magnitude / Powers[decimals];
            value = negative ? -value : value;
        }

        if (value < _minimum || value > _maximum || !(_isPlain || Fits(value, at, end)))
        {
            return null;
        }

        column.Append(value);
        return end;
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

    private bool Fits(double value, byte* at, byte* end) =>
        (_limits.Multiple is not { } multiple || multiple.Divides(ExactNumber.Parse(new ReadOnlySpan<byte>(at, (int)(end - at)))))
        && (_limits.ValuesSorted is not { } values || Array.BinarySearch(values, value) >= 0);
}
