using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using CsvHelper;
using CsvHelper.Configuration;

namespace StreamPipeline.Core.Enrichment;

/// <summary>Reads CSV into utf8 columns.</summary>
internal static class CsvReference
{
    private const int FieldCharactersMax = 1 << 20;

    public static RecordBatch? Read(byte[] file, out string error)
    {
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture) { MaxFieldSize = FieldCharactersMax };
        using var text = new StreamReader(new MemoryStream(file, writable: false), new UTF8Encoding(false, throwOnInvalidBytes: true));
        using var parser = new CsvParser(text, configuration);
        try
        {
            return Read(parser, out error);
        }
        catch (DecoderFallbackException exception)
        {
            error = $"is not UTF-8, near line {parser.RawRow}: {exception.Message}";
        }
        catch (BadDataException)
        {
            error = $"line {parser.RawRow} has a quote within an unquoted field: a field with quotes is to be quoted, its quotes doubled";
        }
        catch (MaxFieldSizeException)
        {
            error = $"line {parser.RawRow} has a field of more than {FieldCharactersMax:N0} characters; is a quote not closed?";
        }

        return null;
    }

    private static RecordBatch? Read(CsvParser parser, out string error)
    {
        if (!parser.Read())
        {
            error = "is empty: a header line with the column names is expected";
            return null;
        }

        var names = parser.Record!;
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            error = $"its header names the column '{twice.Key}' twice";
            return null;
        }

        var columns = System.Array.ConvertAll(names, _ => new StringArray.Builder());
        var rows = 0;
        while (parser.Read())
        {
            if (parser.Count != names.Length)
            {
                error = $"line {parser.RawRow} has {parser.Count} fields, its header has {names.Length}";
                return null;
            }

            if (rows == ReferenceReader.RowsMax)
            {
                error = ReferenceReader.TooManyRows(rows + 1);
                return null;
            }

            for (var i = 0; i < columns.Length; i++)
            {
                var field = parser[i];
                _ = field.Length == 0 ? columns[i].AppendNull() : columns[i].Append(field);
            }

            rows++;
        }

        error = "";
        var schema = new Schema(names.Select(name => new Field(name, StringType.Default, nullable: true)), null);
        return new RecordBatch(schema, columns.Select(column => (IArrowArray)column.Build()), rows);
    }
}
