using System.Globalization;
using System.Text;
using Apache.Arrow;
using StreamPipeline.Core.Decoding;

namespace StreamPipeline.Core.Tests.Decoding;

/// <summary>Reads Arrow columns back as text, one JSON-like line per row, so that tests compare what is really in the buffers.</summary>
internal static class ColumnText
{
    public static List<string> Rows(DecodedBatch batch)
    {
        var rows = new List<string>();
        for (var row = 0; row < batch.RowCount; row++)
        {
            var cells = batch.Columns.Schema.FieldsList.Select((field, i) => $"{field.Name}={Value(batch.Columns.Column(i), row)}");
            rows.Add(string.Join(' ', cells.Where(cell => !cell.EndsWith("=null", StringComparison.Ordinal))));
        }

        return rows;
    }

    public static string Value(IArrowArray array, int row)
    {
        if (array.IsNull(row))
        {
            return "null";
        }

        switch (array)
        {
            case StringArray text:
                return "\"" + text.GetString(row).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
            case Int64Array integer:
                return integer.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture);
            case DoubleArray number:
                return number.GetValue(row)!.Value.ToString("R", CultureInfo.InvariantCulture);
            case BooleanArray boolean:
                return boolean.GetValue(row)!.Value ? "true" : "false";
            case TimestampArray timestamp:
                return timestamp.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture);
            case Date32Array date:
                return date.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture);
            case StructArray nested:
                var type = (Apache.Arrow.Types.StructType)nested.Data.DataType;
                return "{" + string.Join(",", type.Fields.Select((field, i) => $"{field.Name}:{Value(nested.Fields[i], row)}")) + "}";
            case ListArray list:
                var items = new StringBuilder("[");
                for (var i = list.ValueOffsets[row]; i < list.ValueOffsets[row + 1]; i++)
                {
                    items.Append(items.Length > 1 ? "," : "").Append(Value(list.Values, i));
                }

                return items.Append(']').ToString();
            default:
                throw new NotSupportedException(array.GetType().Name);
        }
    }
}
