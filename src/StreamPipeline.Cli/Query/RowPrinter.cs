using System.Text;
using System.Text.Json;
using Spectre.Console;
using StreamPipeline.Cli.Output;

namespace StreamPipeline.Cli.Query;

/// <summary>Prints the rows of a query to standard output as they come.</summary>
internal static class RowPrinter
{
    /// <summary>Most rows of a table on a terminal.</summary>
    public const int TerminalRowsMax = 1_000;

    /// <summary>Most rows of a piped table; a table has to be held in memory to align it.</summary>
    public const int PipedRowsMax = 100_000;

    /// <summary>Most rows that are shown field by field.</summary>
    public const int WideRowsMax = 100;

    private const int CellLengthMax = 200;

    public static Task PrintAsync(RowSource rows, string format, Terminal terminal, CancellationToken cancellation) => format switch
    {
        "csv" => PrintCsvAsync(rows, terminal.Out, cancellation),
        "json" => PrintJsonAsync(rows, terminal.Out, cancellation),
        _ => PrintTableAsync(rows, terminal, cancellation),
    };

    private static async Task PrintTableAsync(RowSource rows, Terminal terminal, CancellationToken cancellation)
    {
        var rowsMax = terminal.OutIsTerminal ? TerminalRowsMax : PipedRowsMax;
        var cells = new List<string?[]>();
        var more = false;
        while (await rows.Read(cancellation))
        {
            if (cells.Count == rowsMax)
            {
                more = true;
                break;
            }

            cells.Add([.. Enumerable.Range(0, rows.Columns.Count).Select(column => Text(rows, column) is { } text ? PlainText.Of(text, CellLengthMax) : null)]);
        }

        // Cells that wrap cannot be read: what is wider than the terminal is shown as a list of fields for each row.
        var shown = cells.Count;
        if (terminal.OutIsTerminal && cells.Count > 0 && Width(rows.Columns, cells) > terminal.Console.Profile.Width)
        {
            shown = Math.Min(shown, WideRowsMax);
            WriteFields(terminal.Console, rows.Columns, cells[..shown]);
        }
        else
        {
            WriteTable(terminal.Console, rows.Columns, cells);
        }

        more |= shown < cells.Count;
        await terminal.Out.WriteLineAsync(
            more ? $"(the first {shown:N0} rows; --output csv or json writes them all)" : shown == 1 ? "(1 row)" : $"({shown:N0} rows)");
        await terminal.Out.FlushAsync(cancellation);
    }

    private static void WriteTable(IAnsiConsole console, IReadOnlyList<RowColumn> columns, List<string?[]> rows)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in columns)
        {
            var header = new TableColumn(new Text(PlainText.Of(column.Name)));
            table.AddColumn(column.IsNumber ? header.RightAligned() : header);
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(Cell));
        }

        console.Write(table);
    }

    private static void WriteFields(IAnsiConsole console, IReadOnlyList<RowColumn> columns, List<string?[]> rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            console.Write(new Rule($"row {i + 1:N0}").LeftJustified());
            var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
            for (var column = 0; column < columns.Count; column++)
            {
                grid.AddRow(new Text(PlainText.Of(columns[column].Name)), Cell(rows[i][column]));
            }

            console.Write(grid);
        }
    }

    /// <summary>Characters of a table's line: each cell has a border and two blanks.</summary>
    private static int Width(IReadOnlyList<RowColumn> columns, List<string?[]> rows)
    {
        var width = 1;
        for (var column = 0; column < columns.Count; column++)
        {
            width += 3 + Math.Max(columns[column].Name.Length, rows.Max(row => row[column]?.Length ?? "NULL".Length));
        }

        return width;
    }

    /// <summary>RFC 4180: CRLF, quotes where needed. NULL is empty, an empty text is <c>""</c>.</summary>
    private static async Task PrintCsvAsync(RowSource rows, TextWriter output, CancellationToken cancellation)
    {
        var line = new StringBuilder();
        for (var i = 0; i < rows.Columns.Count; i++)
        {
            AppendCsv(line, i, rows.Columns[i].Name);
        }

        await output.WriteAsync(line.Append("\r\n"), cancellation);
        while (await rows.Read(cancellation))
        {
            line.Clear();
            for (var i = 0; i < rows.Columns.Count; i++)
            {
                AppendCsv(line, i, Text(rows, i));
            }

            await output.WriteAsync(line.Append("\r\n"), cancellation);
        }

        await output.FlushAsync(cancellation);
    }

    /// <summary>An array of objects, one object a line.</summary>
    private static async Task PrintJsonAsync(RowSource rows, TextWriter output, CancellationToken cancellation)
    {
        var names = UniqueNames(rows);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, JsonText.Options);
        await output.WriteAsync('[');
        var first = true;
        while (await rows.Read(cancellation))
        {
            buffer.ResetWrittenCount();
            json.Reset();
            json.WriteStartObject();
            for (var i = 0; i < names.Length; i++)
            {
                json.WritePropertyName(names[i]);
                var value = rows.Value(i);
                JsonValue.Write(json, value is DateTime time ? CellText.Time(time, rows.Columns[i].IsUtc) : value);
            }

            json.WriteEndObject();
            await json.FlushAsync(cancellation);
            await output.WriteAsync(first ? "\n" : ",\n");
            await output.WriteAsync(Encoding.UTF8.GetString(buffer.WrittenSpan));
            first = false;
        }

        await output.WriteLineAsync(first ? "]" : "\n]");
        await output.FlushAsync(cancellation);
    }

    private static void AppendCsv(StringBuilder line, int column, string? text)
    {
        if (column > 0)
        {
            line.Append(',');
        }

        if (text is null)
        {
            return;
        }

        if (text.Length == 0 || text.AsSpan().IndexOfAny("\",\r\n") >= 0)
        {
            line.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }
        else
        {
            line.Append(text);
        }
    }

    /// <summary>A DateTime does not always carry its kind; the column's type does.</summary>
    private static string? Text(RowSource rows, int column)
    {
        var value = rows.Value(column);
        return value is DateTime time ? CellText.Time(time, rows.Columns[column].IsUtc) : CellText.Of(value);
    }

    private static Text Cell(string? text) =>
        text is null ? new Text("NULL", new Style(decoration: Decoration.Dim)) : new Text(text);

    /// <summary>A JSON object must not name a member twice: the second <c>x</c> becomes <c>x_2</c>.</summary>
    private static string[] UniqueNames(RowSource rows)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var names = new string[rows.Columns.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = rows.Columns[i].Name;
            for (var n = 2; !taken.Add(names[i]); n++)
            {
                names[i] = $"{rows.Columns[i].Name}_{n}";
            }
        }

        return names;
    }
}
