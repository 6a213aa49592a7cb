using System.Globalization;
using System.Text.Json;
using StreamPipeline.Core.Contracts;
using StreamPipeline.Core.Decoding.Columns;

namespace StreamPipeline.Core.Decoding.Json;

internal sealed class IntegerDecoder(ContractField field)
    : ValueDecoder<FixedColumn<long>>(field, new FixedColumn<long>(field.Arrow.DataType, field.Arrow.IsNullable))
{
    private readonly NumberLimits _limits = field.Number!;

    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            return ViolatesType(ref reader, row);
        }

        if (!reader.TryGetInt64(out var value))
        {
            // 1.0 and 1e3 are integers too (JSON Schema 2020-12 core, section 4.2.3).
            var exact = ExactNumber.Parse(reader.ValueSpan);
            if (!exact.TryGetInt64(out value))
            {
                return exact.IsInteger
                    ? row.Violates(ref reader, Field, "type", "an integer: it is out of range for a 64-bit integer")
                    : ViolatesType(ref reader, row);
            }
        }

        if (!Fits(value, ref reader, row))
        {
            return false;
        }

        Values.Append(value);
        return true;
    }

    private bool Fits(long value, ref Utf8JsonReader reader, RowReading row)
    {
        if (value < _limits.IntegerMinimum)
        {
            var keyword = _limits.Minimum is { } minimum && value < minimum ? "minimum" : "exclusiveMinimum";
            return row.Violates(ref reader, Field, keyword, Invariant($"at least {_limits.IntegerMinimum}"));
        }

        if (value > _limits.IntegerMaximum)
        {
            var keyword = _limits.Maximum is { } maximum && value > maximum ? "maximum" : "exclusiveMaximum";
            return row.Violates(ref reader, Field, keyword, Invariant($"at most {_limits.IntegerMaximum}"));
        }

        if (_limits.Multiple is { } multiple && !multiple.Divides(ExactNumber.Parse(reader.ValueSpan)))
        {
            return row.Violates(ref reader, Field, "multipleOf", Invariant($"a multiple of {_limits.MultipleOf}"));
        }

        return _limits.IntegerValuesSorted is not { } values
            || Array.BinarySearch(values, value) >= 0
            || row.Violates(ref reader, Field, Field.AllowedValues!.Keyword, "one of " + string.Join(", ", values.Take(20)));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

internal sealed class NumberDecoder(ContractField field)
    : ValueDecoder<FixedColumn<double>>(field, new FixedColumn<double>(field.Arrow.DataType, field.Arrow.IsNullable))
{
    private readonly NumberLimits _limits = field.Number!;

    protected override bool DecodeValue(ref Utf8JsonReader reader, RowReading row)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            return ViolatesType(ref reader, row);
        }

        if (!double.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
        {
            // An absurd exponent behind a zero is still a zero.
            if (!ExactNumber.Parse(reader.ValueSpan).IsZero)
            {
                return row.Violates(ref reader, Field, "type", "a number: it is out of range for a double");
            }

            value = 0;
        }

        if (!Fits(value, ref reader, row))
        {
            return false;
        }

        Values.Append(value);
        return true;
    }

    private bool Fits(double value, ref Utf8JsonReader reader, RowReading row)
    {
        if (value < _limits.Minimum)
        {
            return row.Violates(ref reader, Field, "minimum", Invariant($"at least {_limits.Minimum}"));
        }

        if (value <= _limits.ExclusiveMinimum)
        {
            return row.Violates(ref reader, Field, "exclusiveMinimum", Invariant($"above {_limits.ExclusiveMinimum}"));
        }

        if (value > _limits.Maximum)
        {
            return row.Violates(ref reader, Field, "maximum", Invariant($"at most {_limits.Maximum}"));
        }

        if (value >= _limits.ExclusiveMaximum)
        {
            return row.Violates(ref reader, Field, "exclusiveMaximum", Invariant($"below {_limits.ExclusiveMaximum}"));
        }

        if (_limits.Multiple is { } multiple && !multiple.Divides(ExactNumber.Parse(reader.ValueSpan)))
        {
            return row.Violates(ref reader, Field, "multipleOf", Invariant($"a multiple of {_limits.MultipleOf}"));
        }

        return _limits.ValuesSorted is not { } values
            || Array.BinarySearch(values, value) >= 0
            || row.Violates(ref reader, Field, Field.AllowedValues!.Keyword, "one of " + string.Join(", ", values.Take(20).Select(one => Invariant($"{one}"))));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
