using System.Buffers;
using System.Globalization;

namespace StreamPipeline.Core.Configuration;

/// <summary>
/// The measures' grammar: <c>count()</c>, or <c>function(field)</c>, or <c>quantile(field, q)</c> with 0 &lt; q &lt; 1. A field is a dotted
/// path; white space between the parts does not matter.
/// </summary>
internal static class MeasureExpression
{
    private static readonly string[] _functions = ["count", "sum", "min", "max", "avg", "stddev", "distinct", "quantile"];

    private static readonly SearchValues<char> _notInFields = SearchValues.Create("()\"'` ");

    /// <summary>
    /// In <c>{ p95: quantile(delay, 0.95) }</c> YAML takes the comma for the end of the entry and <c>0.95)</c> for a key without a value. No
    /// reader of the file sees it so: the pieces of an open parenthesis belong together.
    /// </summary>
    public static MapNode Rejoin(MapNode flow)
    {
        var entries = new List<MapEntry>(flow.Entries.Count);
        foreach (var entry in flow.Entries)
        {
            if (IsCutOff(entry.Key, entry.Value)
                && entries.Count > 0
                && entries[^1] is { Value: ScalarNode { IsPlain: true } open }
                && open.Text.Contains('(', StringComparison.Ordinal)
                && !open.Text.Contains(')', StringComparison.Ordinal))
            {
                // The gap keeps the columns of the original, for problems that point into it.
                var gap = entry.Key.Line == open.Line ? entry.Key.Column - open.Column - open.Text.Length - 1 : 1;
                entries[^1] = entries[^1] with { Value = open with { Text = $"{open.Text},{new string(' ', Math.Clamp(gap, 0, 100))}{entry.Key.Text}" } };
            }
            else
            {
                entries.Add(entry);
            }
        }

        return flow with { Entries = entries };
    }

    /// <summary>Looks like the end of a parenthesis that a comma cut off; two of them may well be equal.</summary>
    public static bool IsCutOff(ScalarNode key, ConfigNode value) =>
        key.IsPlain && key.Text.EndsWith(')') && value is ScalarNode { IsPlain: true, Text: "" };

    public static MeasureSettings? Parse(SettingsReader reader, ScalarNode node, string path, string column)
    {
        var text = node.Text;
        MeasureSettings? Fail(int offset, string message, string fix)
        {
            reader.Problem(node.Line, node.TextColumn + offset, $"{path}: {message}", fix);
            return null;
        }

        var open = text.IndexOf('(', StringComparison.Ordinal);
        var function = (open < 0 ? text : text[..open]).Trim();
        if (!_functions.AsSpan().Contains(function))
        {
            var nearest = NearestName.Of(function, _functions);
            return Fail(
                0,
                $"unknown function '{SettingsReader.Shorten(function)}'",
                nearest is null ? $"write one of {string.Join(", ", _functions)}, such as `avg(delay)`" : $"did you mean '{nearest}'?");
        }

        if (open < 0)
        {
            return Fail(text.Length, $"'(' is expected after {function}", $"write `{Example(function)}`");
        }

        var close = text.IndexOf(')', open);
        if (close < 0)
        {
            return Fail(text.Length, "')' is missing", $"write `{Example(function)}`");
        }

        if (close != text.TrimEnd().Length - 1)
        {
            return Fail(close + 1, $"nothing is expected after ')', but there is '{SettingsReader.Shorten(text[(close + 1)..].Trim())}'", $"write `{Example(function)}`");
        }

        var inner = text[(open + 1)..close];
        var comma = inner.IndexOf(',', StringComparison.Ordinal);
        var field = (comma < 0 ? inner : inner[..comma]).Trim();
        if (field.Length == 0)
        {
            return function == "count" && comma < 0
                ? new MeasureSettings(column, function, null, null)
                : Fail(open + 1, $"{function} needs a field", $"write `{Example(function)}`");
        }

        if (field.AsSpan().ContainsAny(_notInFields) || field[0] == '.' || field[^1] == '.' || field.Contains("..", StringComparison.Ordinal))
        {
            return Fail(open + 1, $"'{SettingsReader.Shorten(field)}' is not a field path", "write a field's name, or names joined by dots such as `device.id`");
        }

        if (function != "quantile")
        {
            return comma < 0
                ? new MeasureSettings(column, function, field, null)
                : Fail(open + 1 + comma, $"{function} takes one field", $"write `{function}({field})`");
        }

        if (comma < 0)
        {
            return Fail(close, "quantile needs a second argument", $"write `quantile({field}, 0.95)`");
        }

        return double.TryParse(inner[(comma + 1)..].Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var q) && q is > 0 and < 1
            ? new MeasureSettings(column, function, field, q)
            : Fail(open + 1 + comma + 1, $"'{SettingsReader.Shorten(inner[(comma + 1)..].Trim())}' is not a quantile", "write a number between 0 and 1, such as 0.95 for the 95th percentile");
    }

    private static string Example(string function) => function switch
    {
        "count" => "count()",
        "quantile" => "quantile(delay, 0.95)",
        _ => $"{function}(delay)",
    };
}
