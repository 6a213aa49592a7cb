using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    private static ReadOnlySpan<double> Powers =>
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>The powers of ten, and from <see cref="Digits.SignStep"/> on the same with a minus: zero divided by one of these has a sign too.</summary>
    private static ReadOnlySpan<double> Divisors =>
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 0, 0, 0, 0, 0, 0, 0, -1e0, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6, -1e7, -1e8];

    public override byte* Read(byte* at, PlanRow row)
    {
        if (Vector128.IsHardwareAccelerated && _isPlain)
        {
            var end = Digits.ReadShortDecimal(at, out var magnitude, out var divisor);
            if (end != null)
            {
                return AppendPlain((long)magnitude / Unsafe.Add(ref MemoryMarshal.GetReference(Divisors), divisor)) ? end : null;
            }
        }

        return ReadOther(at, *at == '-', row);
    }

    /// <summary>As the complete path compares.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AppendPlain(double value)
    {
        if (value < _minimum || value > _maximum)
        {
            return false;
        }

        column.Append(value);
        return true;
    }

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

        return (_isPlain || Fits(value, at, end)) && AppendPlain(value) ? end : null;
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
