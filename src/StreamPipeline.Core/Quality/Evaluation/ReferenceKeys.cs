using System.Globalization;
using System.Text;

using Apache.Arrow;
using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>The keys of a reference table, as fingerprints of values of the kinds they are compared with. Cold: once per binding.</summary>
internal static class ReferenceKeys
{
    /// <summary>Whether a column of a reference table can be compared with a column of the given kind.</summary>
    public static bool CanCompare(IArrowArray array, ColumnKind kind) => array switch
    {
        StringArray => kind != ColumnKind.Other,
        Int32Array or Int64Array or FloatArray or DoubleArray => kind is ColumnKind.Integer or ColumnKind.Number or ColumnKind.Text,
        BooleanArray => kind == ColumnKind.Boolean,
        TimestampArray or Date32Array => kind is ColumnKind.Timestamp or ColumnKind.Date,
        _ => false,
    };

    public static HashSet<UInt128> Of(IArrowArray[] arrays, ColumnKind[] kinds)
    {
        var keys = new HashSet<UInt128>();
        for (var row = 0; row < arrays[0].Length; row++)
        {
            UInt128? key = null;
            for (var column = 0; column < arrays.Length; column++)
            {
                var value = OfValue(arrays[column], row, kinds[column]);
                if (value is null)
                {
                    key = null;
                    break;
                }

                key = key is null ? value : Fingerprint.Combine(key.Value, value.Value);
            }

            if (key is not null)
            {
                keys.Add(key.Value);
            }
        }

        return keys;
    }

    /// <summary>Null when the value cannot be one of that kind: then nothing equals it.</summary>
    private static UInt128? OfValue(IArrowArray array, int row, ColumnKind kind)
    {
        if (array.IsNull(row))
        {
            return Fingerprint.Null;
        }

        return array switch
        {
            StringArray texts => OfText(texts.GetString(row), kind),
            Int32Array values => OfNumber(values.Values[row], kind),
            Int64Array values => OfNumber(values.Values[row], kind),
            FloatArray values => OfNumber(values.Values[row], kind),
            DoubleArray values => OfNumber(values.Values[row], kind),
            BooleanArray values => Fingerprint.OfBoolean(values.GetValue(row) == true),
            TimestampArray values => Fingerprint.OfInstant(
                (values.GetTimestamp(row)!.Value.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond),
            Date32Array values => Fingerprint.OfInstant(values.Values[row] * Instant.DayUs),
            _ => null,
        };
    }

    private static UInt128 OfNumber(long value, ColumnKind kind) =>
        kind == ColumnKind.Text ? OfText(value.ToString(CultureInfo.InvariantCulture)) : Fingerprint.OfInteger(value);

    private static UInt128 OfNumber(double value, ColumnKind kind) =>
        kind == ColumnKind.Text ? OfText(value.ToString(CultureInfo.InvariantCulture)) : Fingerprint.OfReal(value);

    private static UInt128 OfText(string text) => Fingerprint.OfText(Encoding.UTF8.GetBytes(text));

    private static UInt128? OfText(string text, ColumnKind kind) => kind switch
    {
        ColumnKind.Text => OfText(text),
        ColumnKind.Integer or ColumnKind.Number when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) =>
            Fingerprint.OfInteger(integer),
        ColumnKind.Integer or ColumnKind.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) =>
            Fingerprint.OfReal(real),
        ColumnKind.Boolean when bool.TryParse(text, out var boolean) => Fingerprint.OfBoolean(boolean),
        ColumnKind.Timestamp or ColumnKind.Date when Instant.TryParse(text, out var us) => Fingerprint.OfInstant(us),
        _ => null,
    };
}
