using System.Text;
using System.Text.RegularExpressions;
using StreamPipeline.Core.Patterns;

namespace StreamPipeline.Core.Contracts;

/// <summary>Compiles the keywords of strings. Source: JSON Schema 2020-12 validation, sections 6.3 and 7.3.</summary>
internal static class TextKeywords
{
    private const string Formats = "date-time, date, uuid, ipv4, email";

    public static TextLimits Compile(SchemaNode schema, SchemaReport report, bool nullable, TimeSpan patternTimeout, out SchemaValues? values)
    {
        values = SchemaValues.Read(schema, report, FieldKind.String, nullable);
        var lengthMin = schema.Find("minLength") is { } min ? report.Count(min, "minLength") ?? 0 : 0;
        var lengthMax = schema.Find("maxLength") is { } max ? report.Count(max, "maxLength") ?? int.MaxValue : int.MaxValue;
        if (lengthMin > lengthMax)
        {
            report.Add(schema.Find("minLength")!.Offset, $"'minLength' {lengthMin} is above 'maxLength' {lengthMax}", "no string can satisfy both: change one");
        }

        var texts = values?.Values.Select(node => node.Text).ToArray();
        var sorted = texts?.Select(Encoding.UTF8.GetBytes).ToArray();
        if (sorted is not null)
        {
            Array.Sort(sorted, static (left, right) => left.AsSpan().SequenceCompareTo(right));
        }

        var pattern = schema.Find("pattern");
        return new TextLimits
        {
            LengthMin = lengthMin,
            LengthMax = lengthMax,
            Pattern = pattern?.Text,
            PatternRegex = pattern is null ? null : Pattern(pattern, report, patternTimeout),
            Format = schema.Find("format") is { } format ? Format(format, report) : TextFormat.None,
            Values = texts,
            ValuesSorted = sorted,
        };
    }

    private static TextFormat Format(SchemaNode node, SchemaReport report)
    {
        switch (node.Text)
        {
            case "date-time": return TextFormat.DateTime;
            case "date": return TextFormat.Date;
            case "uuid": return TextFormat.Uuid;
            case "ipv4": return TextFormat.Ipv4;
            case "email": return TextFormat.Email;
            default:
                report.Add(node.Offset, $"'format' {node.Shown} is not supported", $"write one of {Formats}, or a 'pattern'");
                return TextFormat.None;
        }
    }

    private static Regex? Pattern(SchemaNode node, SchemaReport report, TimeSpan timeout)
    {
        if (!node.IsString)
        {
            report.Add(node.Offset, $"'pattern' is {node.Shown}", "write a regular expression in quotes");
            return null;
        }

        try
        {
            return EcmaPattern.Compile(node.Text, timeout);
        }
        catch (ArgumentException error)
        {
            report.Add(node.Offset, $"'pattern' {node.Shown} is not a regular expression: {PatternTranslator.ReasonOf(error)}", "write one that ECMA-262 and .NET both accept");
            return null;
        }
    }
}
