using System.Text.Json;
using DuckDB.NET.Data;
using StreamPipeline.Cli.Commands;
using StreamPipeline.Cli.Query;
using StreamPipeline.Embedded;

namespace StreamPipeline.Cli.Tests;

public sealed class RowPrinterTests
{
    private const string OneOfEach = """
        select 1 as i, -2.5 as d, 'text' as s, null as n, true as b, timestamp '2001-01-01 00:00:00' as t,
        make_timestamp(978307200000001)::timestamptz as z, date '2001-02-03' as day, [1, 2] as l, {'x': 1, 'y': 'a'} as o
        """;

    [Fact]
    public async Task A_table_aligns_numbers_to_the_right_and_counts_its_rows()
    {
        var output = await Query("table", "select * from (values (1, 'a'), (1000, null)) t(number, word)");
        Assert.Equal(
            """
            ╭────────┬──────╮
            │ number │ word │
            ├────────┼──────┤
            │      1 │ a    │
            │   1000 │ NULL │
            ╰────────┴──────╯
            (2 rows)

            """,
            output,
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task Times_are_iso_8601_with_a_z_when_they_are_utc()
    {
        var lines = (await Query("csv", OneOfEach)).Split("\r\n");
        Assert.Equal("i,d,s,n,b,t,z,day,l,o", lines[0]);
        Assert.Equal("""1,-2.5,text,,true,2001-01-01T00:00:00,2001-01-01T00:00:00.000001Z,2001-02-03,"[1,2]","{""x"":1,""y"":""a""}" """.TrimEnd(), lines[1]);
    }

    [Fact]
    public async Task Json_keeps_numbers_nulls_and_nesting()
    {
        using var json = JsonDocument.Parse(await Query("json", OneOfEach));
        var row = json.RootElement[0];
        Assert.Equal(
            """{"i":1,"d":-2.5,"s":"text","n":null,"b":true,"t":"2001-01-01T00:00:00","z":"2001-01-01T00:00:00.000001Z","day":"2001-02-03","l":[1,2],"o":{"x":1,"y":"a"}}""",
            row.GetRawText());
    }

    [Fact]
    public async Task Json_has_one_object_a_line_and_no_name_twice()
    {
        Assert.Equal("[\n{\"x\":0,\"x_2\":0},\n{\"x\":1,\"x_2\":2}\n]\n", await Query("json", "select i as x, 2 * i as x from range(2) t(i)"));
        Assert.Equal("[]\n", await Query("json", "select 1 as x where false"));
    }

    [Fact]
    public async Task Csv_quotes_by_rfc_4180_and_tells_null_from_empty() =>
        Assert.Equal("a,b,c\r\n\"x,\"\"y\"\"\",,\"\"\r\n", await Query("csv", """select 'x,"y"' as a, null as b, '' as c"""));

    [Fact]
    public async Task Escape_sequences_in_events_do_not_reach_the_terminal()
    {
        var output = await Query("table", "select chr(27) || '[2J' as raw, 'a' || chr(10) || 'b' as lines");
        Assert.DoesNotContain('\u001b', output);
        Assert.Contains("\\u001B[2J", output, StringComparison.Ordinal);
        Assert.Contains("a\\nb", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_shows_the_first_thousand_rows_and_says_so()
    {
        var exact = await Query("table", "select * from range(1000)", isTerminal: true);
        Assert.EndsWith("(1,000 rows)\n", exact, StringComparison.Ordinal);
        var cut = await Query("table", "select * from range(1001)", isTerminal: true);
        Assert.EndsWith("(the first 1,000 rows; --output csv or json writes them all)\n", cut, StringComparison.Ordinal);
        Assert.EndsWith("(1,001 rows)\n", await Query("table", "select * from range(1001)"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_wider_than_the_terminal_are_shown_field_by_field()
    {
        // The terminal is 200 wide: borders and blanks take 7, the column a takes 1.
        Assert.Contains("│ a ", await Query("table", "select 1 as a, repeat('x', 192) as b", isTerminal: true), StringComparison.Ordinal);
        var wide = await Query("table", "select i as a, repeat('x', 193) as b from range(101) t(i)", isTerminal: true);
        Assert.DoesNotContain("│", wide, StringComparison.Ordinal);
        Assert.Contains("row 100 ", wide, StringComparison.Ordinal);
        Assert.Contains("b  " + new string('x', 193), wide, StringComparison.Ordinal);
        Assert.EndsWith("(the first 100 rows; --output csv or json writes them all)\n", wide, StringComparison.Ordinal);
        Assert.Contains("│", await Query("table", "select 1 as a, repeat('x', 193) as b"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Huge_and_special_numbers_survive()
    {
        Assert.Equal("[\n{\"h\":170141183460469231731687303715884105727,\"f\":\"NaN\"}\n]\n", await Query("json", "select 170141183460469231731687303715884105727::hugeint as h, 'nan'::double as f"));
        Assert.Equal("h,e\r\n-9223372036854775808,1E+300\r\n", await Query("csv", "select -9223372036854775807 - 1 as h, 1e300 as e"));
    }

    [Fact]
    public async Task A_mistake_in_the_sql_is_the_databases_message_and_no_stack_trace()
    {
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Failed, await RunAsync(terminal, "table", "select nothing from nowhere"));
        Assert.StartsWith("error: Catalog Error: Table with name nowhere does not exist!", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_half_way_is_an_error_after_the_rows_that_came()
    {
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Failed, await RunAsync(terminal, "csv", "select case when i < 5000 then i else error('boom') end as x from range(10000) t(i)"));
        Assert.Contains("boom", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_cannot_be_read_is_an_error_that_says_what_to_select()
    {
        var lake = Directory.CreateTempSubdirectory("query-");
        try
        {
            LakeFolder.OpenOrCreate(lake.FullName);
            using var terminal = new TestTerminal();
            Assert.Equal(ExitCode.Failed, await terminal.RunAsync("query", "--lake", lake.FullName, "select {'a': [1, null]} as x"));
            Assert.StartsWith("error: column 'x' has a value that cannot be read as it is", terminal.Error, StringComparison.Ordinal);
            Assert.Contains("select to_json(\"x\") instead", terminal.Error, StringComparison.Ordinal);
        }
        finally
        {
            lake.Delete(recursive: true);
        }
    }

    private static async Task<string> Query(string format, string sql, bool isTerminal = false)
    {
        using var terminal = new TestTerminal(isTerminal);
        Assert.Equal(ExitCode.Done, await RunAsync(terminal, format, sql));
        Assert.Equal("", terminal.Error);
        return terminal.Out;
    }

    private static async Task<int> RunAsync(TestTerminal terminal, string format, string sql)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        var command = QueryCommand.Create(terminal.Terminal, async (_, text, cancellation) =>
        {
            await using var statement = connection.CreateCommand();
            statement.CommandText = text;
            var rows = await statement.ExecuteReaderAsync(cancellation);
            var columns = Enumerable.Range(0, rows.FieldCount).Select(i => new RowColumn(rows.GetName(i), rows.GetDataTypeName(i)));
            return new RowSource([.. columns], rows.ReadAsync, i => rows.IsDBNull(i) ? null : rows.GetValue(i), rows);
        });
        return await terminal.RunAsync(command, "query", "--lake", "x", "--output", format, sql);
    }
}
