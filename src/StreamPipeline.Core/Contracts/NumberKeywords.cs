using System.Globalization;
using System.Text;

namespace StreamPipeline.Core.Contracts;

/// <summary>Compiles the keywords of numbers. Source: JSON Schema 2020-12 validation, section 6.2.</summary>
internal static class NumberKeywords
{
    public static NumberLimits Compile(SchemaNode schema, SchemaReport report, SchemaType type, out SchemaValues? values)
    {
        values = SchemaValues.Read(schema, report, type.Kind, type.Nullable);
        var isInteger = type.Kind == FieldKind.Integer;
        var integers = isInteger ? values?.Values.Select(Int64).Order().ToArray() : null;
        var numbers = isInteger ? null : values?.Values.Select(Double).Order().ToArray();
        var minimum = Bound(schema, report, "minimum");
        var above = Bound(schema, report, "exclusiveMinimum");
        var maximum = Bound(schema, report, "maximum");
        var below = Bound(schema, report, "exclusiveMaximum");
        var least = Int128.Max(SmallestFrom(minimum, exclusive: false), SmallestFrom(above, exclusive: true));
        var greatest = Int128.Min(GreatestTo(maximum, exclusive: false), GreatestTo(below, exclusive: true));
        var limits = new NumberLimits
        {
            Minimum = Value(minimum),
            ExclusiveMinimum = Value(above),
            Maximum = Value(maximum),
            ExclusiveMaximum = Value(below),
            IntegerMinimum = Saturated(least),
            IntegerMaximum = Saturated(greatest),
            Multiple = Multiple(schema, report),
            MultipleOf = Value(schema.Find("multipleOf")),
            IntegerValues = integers,
            Values = numbers,
            IntegerValuesSorted = integers,
            ValuesSorted = numbers,
        };
        if (isInteger ? least > greatest : IsImpossible(limits))
        {
            var at = maximum ?? below ?? minimum ?? above;
            report.Add(at!.Offset, "no number lies between the minimum and the maximum", "raise the maximum, or lower the minimum");
        }

        return limits;
    }

    public static double Double(SchemaNode node) =>
        node.IsNumber ? double.Parse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture) : double.NaN;

    private static double? Value(SchemaNode? node) => node is null ? null : Double(node);

    private static long Int64(SchemaNode node) =>
        ExactNumber.Parse(Encoding.ASCII.GetBytes(node.Text)).TryGetInt64(out var value) ? value : 0;

    private static SchemaNode? Bound(SchemaNode schema, SchemaReport report, string keyword)
    {
        var node = schema.Find(keyword);
        if (node is null || (node.IsNumber && double.IsFinite(Double(node))))
        {
            return node;
        }

        report.Add(node.Offset, $"'{keyword}' is {node.Shown}", "write a number within the range of a double");
        return null;
    }

    private static ExactMultiple? Multiple(SchemaNode schema, SchemaReport report)
    {
        if (Bound(schema, report, "multipleOf") is not { } node)
        {
            return null;
        }

        var exact = ExactNumber.Parse(Encoding.ASCII.GetBytes(node.Text));
        if (exact.IsZero || exact.IsNegative)
        {
            report.Add(node.Offset, $"'multipleOf' is {node.Shown}", "write a number above 0");
            return null;
        }

        if (exact.DigitCount > ExactMultiple.DigitsMax)
        {
            report.Add(node.Offset, $"'multipleOf' has {exact.DigitCount} significant digits", $"write at most {ExactMultiple.DigitsMax}");
            return null;
        }

        return new ExactMultiple(exact);
    }

    /// <summary>The least 64-bit integer that a lower bound allows; above all of them when it allows none.</summary>
    private static Int128 SmallestFrom(SchemaNode? node, bool exclusive)
    {
        if (node is null)
        {
            return long.MinValue;
        }

        var exact = ExactNumber.Parse(Encoding.ASCII.GetBytes(node.Text));
        var isNext = exact.IsInteger ? exclusive : !exact.IsNegative;
        return Int128.Max(long.MinValue, exact.IntegerPart() + (isNext ? 1 : 0));
    }

    /// <summary>The greatest 64-bit integer that an upper bound allows; below all of them when it allows none.</summary>
    private static Int128 GreatestTo(SchemaNode? node, bool exclusive)
    {
        if (node is null)
        {
            return long.MaxValue;
        }

        var exact = ExactNumber.Parse(Encoding.ASCII.GetBytes(node.Text));
        var isNext = exact.IsInteger ? exclusive : exact.IsNegative;
        return Int128.Min(long.MaxValue, exact.IntegerPart() - (isNext ? 1 : 0));
    }

    private static long Saturated(Int128 value) => (long)Int128.Clamp(value, long.MinValue, long.MaxValue);

    private static bool IsImpossible(NumberLimits limits) => limits.Minimum > limits.Maximum
        || limits.Minimum >= limits.ExclusiveMaximum
        || limits.ExclusiveMinimum >= limits.Maximum
        || limits.ExclusiveMinimum >= limits.ExclusiveMaximum;
}
