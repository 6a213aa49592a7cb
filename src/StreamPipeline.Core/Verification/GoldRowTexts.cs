using System.Globalization;
using System.Text;
using Apache.Arrow;
using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Lake;
using StreamPipeline.Core.Windows;

namespace StreamPipeline.Core.Verification;

/// <summary>
/// Gold rows as text, exactly: group key → measures. Text is what a difference is shown as, and doubles round-trip by it, so equal texts are equal rows.
/// </summary>
internal static class GoldRowTexts
{
    /// <summary>Adds the rows of the windows that are wanted, by window start. Measures that the file lacks were added later and are left out.</summary>
    /// <returns>The rows whose group is there twice.</returns>
    public static List<string> Add(
        Metric metric, RecordBatch rows, Func<long, bool> isWanted, Dictionary<long, SortedDictionary<string, string>> windows)
    {
        var keyCount = 2 + metric.Keys.Length;
        var columns = metric.GoldSchema.FieldsList
            .Select((field, i) => (Field: field, IsKey: i < keyCount, View: ColumnPath.Find(rows.Schema, field.Name)?.In(rows)))
            .ToList();
        if (columns.Find(column => column.IsKey && column.View is null) is { Field: { } missing })
        {
            throw new InvalidDataException($"it has no column '{missing.Name}'");
        }

        var twice = new List<string>();
        var starts = columns[0].View!;
        for (var row = 0; row < rows.Length; row++)
        {
            var startUs = starts.Longs[row];
            if (!isWanted(startUs))
            {
                continue;
            }

            if (!windows.TryGetValue(startUs, out var groups))
            {
                windows[startUs] = groups = new SortedDictionary<string, string>(StringComparer.Ordinal);
            }

            var (key, values) = (new StringBuilder(), new StringBuilder());
            foreach (var (field, isKey, view) in columns)
            {
                if (view is not null)
                {
                    (isKey ? key : values).Append(CultureInfo.InvariantCulture, $"{(isKey ? key : values).Length switch { 0 => "", _ => ", " }}{field.Name} {Cell(view, row)}");
                }
            }

            if (!groups.TryAdd(key.ToString(), values.ToString()))
            {
                twice.Add(key.ToString());
            }
        }

        return twice;
    }

    private static string Cell(ColumnView view, int row) => view.IsNull(row) ? "null" : view.Kind switch
    {
        ColumnKind.Text => $"'{Encoding.UTF8.GetString(view.Texts[row])}'",
        ColumnKind.Number => view.Doubles[row].ToString("R", CultureInfo.InvariantCulture),
        ColumnKind.Boolean => view.Bits[row] ? "true" : "false",
        ColumnKind.Date => CivilDay.Text(view.Days[row]),
        ColumnKind.Timestamp => CivilDay.Text(view.Longs[row]),
        _ => view.Longs[row].ToString(CultureInfo.InvariantCulture),
    };
}
