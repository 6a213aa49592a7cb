using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using StreamPipeline.Core.Columns;

namespace StreamPipeline.Core.Enrichment;

/// <summary>The text by which values of events and of references are compared.</summary>
internal static class KeyText
{
    public static bool IsSupported(ColumnKind kind) => kind is ColumnKind.Text or ColumnKind.Integer or ColumnKind.Boolean or ColumnKind.Date;

    /// <summary>Appends the values of a row; false when one of them is null.</summary>
    public static bool TryAppend(ColumnView[] columns, int row, ArrayBufferWriter<byte> key)
    {
        foreach (var column in columns)
        {
            if (column.IsNull(row))
            {
                return false;
            }

            Append(column, row, key);
        }

        return true;
    }

    /// <summary>Appends the length and the text of a value that is not null, so that ("a","bc") differs from ("ab","c").</summary>
    private static void Append(ColumnView column, int row, ArrayBufferWriter<byte> key)
    {
        const int ScalarBytesMax = 32;
        if (column.Kind == ColumnKind.Text)
        {
            var text = column.Texts[row];
            AppendLength(key, text.Length);
            text.CopyTo(key.GetSpan(text.Length));
            key.Advance(text.Length);
            return;
        }

        Span<byte> scalar = stackalloc byte[ScalarBytesMax];
        var length = 0;
        _ = column.Kind switch
        {
            ColumnKind.Integer => Utf8Formatter.TryFormat(column.Longs[row], scalar, out length),
            ColumnKind.Boolean => Utf8Formatter.TryFormat(column.Bits[row], scalar, out length, new StandardFormat('l')),
            ColumnKind.Date => DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(column.Days[row])).TryFormat(scalar, out length, "yyyy-MM-dd", CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"columns of kind {column.Kind} are not matched: the settings are checked for that"),
        };
        AppendLength(key, length);
        scalar[..length].CopyTo(key.GetSpan(length));
        key.Advance(length);
    }

    private static void AppendLength(ArrayBufferWriter<byte> key, int length)
    {
        BitConverter.TryWriteBytes(key.GetSpan(sizeof(int)), length);
        key.Advance(sizeof(int));
    }
}
