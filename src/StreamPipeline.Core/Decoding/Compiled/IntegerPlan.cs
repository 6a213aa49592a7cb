using System.Runtime.CompilerServices;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Compiled;

internal sealed unsafe class IntegerPlan(ContractField field, FixedColumn<long> column) : ValuePlan(column, field.Nullable)
{
    private readonly NumberLimits _limits = field.Number!;
    private readonly long _minimum = field.Number!.IntegerMinimum;
    private readonly long _maximum = field.Number!.IntegerMaximum;
    private readonly bool _isPlain = field.Number is { Multiple: null, IntegerValuesSorted: null };
    private Steady _length = new();

    public override byte* Read(byte* at, PlanRow row)
    {
        // The usual one has up to seven digits, and one look at a word is enough. Without a branch on the sign, which is as good as random.
        var sign = *at == '-' ? 1 : 0;
        var usual = Digits.ReadShort(at + sign, out var small);
        var signed = ((long)small ^ -(long)sign) + sign;
        if (usual == null || !_isPlain || signed < _minimum || signed > _maximum)
        {
            return ReadOther(at, row);
        }

        if (_length.Is(row))
        {
            return _length.IsRight((int)(usual - at), out var length) && column.TryAppend(signed) ? at + length : ReadChanged(signed, at, usual, row);
        }

        return column.TryAppend(signed) ? usual : ReadChanged(signed, at, usual, row);
    }

    /// <summary>Appends a number that is longer or shorter than the last one, or has no room.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadChanged(long value, byte* at, byte* end, PlanRow row)
    {
        _length.Note((int)(end - at), row);
        column.Append(value);
        return end;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private byte* ReadOther(byte* at, PlanRow row)
    {
        var negative = *at == '-';
        var digits = negative ? at + 1 : at;
        var end = Digits.ReadMany(digits, out var magnitude);
        var count = end - digits;
        if (count == 0)
        {
            return ReadNull(at);
        }

        long value;
        if (count > Digits.FittingMax || magnitude > long.MaxValue || *end == '.' || (*end | 0x20) == 'e')
        {
            end = ReadExact(at, row, out value);
            if (end == null)
            {
                return null;
            }
        }
        else if (*digits == '0' && count > 1)
        {
            return null;
        }
        else
        {
            value = negative ? -(long)magnitude : (long)magnitude;
        }

        if (value < _minimum || value > _maximum || !(_isPlain || Fits(value, at, end)))
        {
            return null;
        }

        column.Append(value);
        return end;
    }

    /// <summary>1.0 and 1e3 are integers too (JSON Schema 2020-12 core, section 4.2.3).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* ReadExact(byte* at, PlanRow row, out long value)
    {
        value = 0;
        var end = NumberText.End(at, row.Limit);
        return end != null && ExactNumber.Parse(new ReadOnlySpan<byte>(at, (int)(end - at))).TryGetInt64(out value) ? end : null;
    }

    private bool Fits(long value, byte* at, byte* end) =>
        (_limits.Multiple is not { } multiple
            || (multiple.Divides((ulong)(value < 0 ? -value : value), 0) ?? multiple.Divides(ExactNumber.Parse(new ReadOnlySpan<byte>(at, (int)(end - at))))))
        && (_limits.IntegerValuesSorted is not { } values || Array.BinarySearch(values, value) >= 0);
}
