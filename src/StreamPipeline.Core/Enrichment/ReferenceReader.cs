using Apache.Arrow;

namespace StreamPipeline.Core.Enrichment;

/// <summary>
/// Reads a reference dataset, for lookups and for DQDL rules that compare with one, into memory: Parquet by its magic, CSV otherwise.
/// CSV: UTF-8, comma, a header line, quoted fields as in RFC 4180; every column is utf8; an empty field is null.
/// Parquet: flat columns of text, integers (int64), floating point (double), booleans, dates (date32) and timestamps (microseconds, UTC);
/// columns of other types are left out.
/// </summary>
public static class ReferenceReader
{
    /// <summary>Most rows a reference may have.</summary>
    public const int RowsMax = 5_000_000;

    /// <summary>Largest reference file, bytes.</summary>
    public const int BytesMax = 1 << 30;

    /// <returns>The rows, owned by the caller; null with <paramref name="error"/> set when the file cannot be used.</returns>
    public static RecordBatch? Read(byte[] file, out string error)
    {
        if (file.Length > BytesMax)
        {
            error = $"is {file.Length:N0} bytes, at most {BytesMax:N0} are allowed for a reference";
            return null;
        }

        return file.AsSpan().StartsWith("PAR1"u8) ? ParquetReference.Read(file, out error) : CsvReference.Read(file, out error);
    }

    internal static string TooManyRows(long rows) => $"has {rows:N0} rows or more, at most {RowsMax:N0} are allowed for a reference";
}
