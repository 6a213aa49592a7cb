using System.Text;
using Apache.Arrow;
using CsCheck;
using DuckDB.NET.Data;
using StreamPipeline.Core.Enrichment;
using static StreamPipeline.Core.Tests.Enrichment.EnrichmentFixture;

namespace StreamPipeline.Core.Tests.Enrichment;

public sealed class ReferenceReaderTests
{
    [Fact]
    public void Csv_columns_are_text_and_empty_fields_are_null()
    {
        using var rows = Read("\uFEFFa,\"b c\"\r\n1,\"x\"\"\ny\"\n\n,é")!;
        Assert.Equal(["a", "b c"], rows.Schema.FieldsList.Select(field => field.Name));
        Assert.Equal(["1", null], Strings(rows.Column(0)));
        Assert.Equal(["x\"\ny", "é"], Strings(rows.Column(1)));
    }

    [Fact]
    public void Csv_of_any_fields_reads_back_as_they_were() =>
        Gen.String[Gen.OneOf(Gen.Char[' ', '~'], AnyOf('\n', '"', ',', 'é')), 1, 10].Array[2].Array[0, 10].Sample(table =>
        {
            var csv = "a,b\n" + string.Concat(table.Select(row => string.Join(',', row.Select(field => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + "\n"));
            using var rows = Read(csv)!;
            Assert.Equal(table.Select(row => row[0]), Strings(rows.Column(0)));
            Assert.Equal(table.Select(row => row[1]), Strings(rows.Column(1)));
        });

    [Theory]
    [InlineData("", "is empty: a header line with the column names is expected")]
    [InlineData("a,a\n", "its header names the column 'a' twice")]
    [InlineData("a,b\n1,2\n3\n", "line 3 has 1 fields, its header has 2")]
    [InlineData("a,b\n1,x\"y\n", "line 2 has a quote within an unquoted field: a field with quotes is to be quoted, its quotes doubled")]
    [InlineData("PAR1 but no more", "is not a readable Parquet file: ")]
    public void A_file_that_cannot_be_read_says_where_and_why(string file, string expected)
    {
        Assert.Null(ReferenceReader.Read(Encoding.UTF8.GetBytes(file), out var error));
        Assert.StartsWith(expected, error);
    }

    [Fact]
    public void Csv_that_is_not_utf8_is_refused()
    {
        Assert.Null(ReferenceReader.Read([.. "a\n"u8, 0xE9, 0x0A], out var error));
        Assert.StartsWith("is not UTF-8, near line ", error);
    }

    [Fact]
    public void Parquet_columns_keep_their_types()
    {
        using var rows = ReferenceReader.Read(WriteParquet(
            """
            select 'x' as text, 7::integer as small, 8::bigint as big, true as flag, 0.5 as dec, 1.5::double as num, date '2001-02-03' as day,
                   timestamptz '2001-02-03 04:05:06.789Z' as at, [1] as list
            union all select null, null, null, null, null, null, null, null, null
            """), out var error)!;
        Assert.Equal("", error);
        Assert.Equal(
            ["text utf8", "small int64", "big int64", "flag bool", "dec double", "num double", "day date32", "at timestamp"],
            rows.Schema.FieldsList.Select(field => $"{field.Name} {field.DataType.Name}"));
        Assert.Equal(["x", null], Strings(rows.Column("text")));
        Assert.Equal([7, null], (Int64Array)rows.Column("small"));
        Assert.Equal([8, null], (Int64Array)rows.Column("big"));
        Assert.Equal([true, null], (BooleanArray)rows.Column("flag"));
        Assert.Equal([0.5, null], (DoubleArray)rows.Column("dec"));
        Assert.Equal([1.5, null], (DoubleArray)rows.Column("num"));
        Assert.Equal(new DateOnly(2001, 2, 3), ((Date32Array)rows.Column("day")).GetDateOnly(0));
        Assert.Equal(981_173_106_789_000, ((TimestampArray)rows.Column("at")).GetValue(0));
        Assert.True(rows.Column("at").IsNull(1));
    }

    [Fact]
    public void A_lookup_adds_parquet_columns_with_their_types()
    {
        var enricher = BindParquet(WriteParquet(
            "select 1 as k, 8::bigint as big, true as flag, 1.5::double as num, date '2001-02-03' as day, timestamptz '2001-02-03 04:05:06Z' as at, 'x' as text"));
        using var rows = enricher.Apply(Rows((1, null, null), (2, null, null)), new EnrichCounts(1));
        Assert.Equal([8, null], (Int64Array)rows.Column("big"));
        Assert.Equal([true, null], (BooleanArray)rows.Column("flag"));
        Assert.Equal([1.5, null], (DoubleArray)rows.Column("num"));
        Assert.Equal(new DateOnly(2001, 2, 3), ((Date32Array)rows.Column("day")).GetDateOnly(0));
        Assert.Equal(981_173_106_000_000, ((TimestampArray)rows.Column("at")).GetValue(0));
        Assert.Equal(["x", null], Strings(rows.Column("text")));
    }

    [Fact]
    public void Damaged_parquet_gives_an_error_or_rows_and_never_throws()
    {
        var whole = WriteParquet("select i as k, 'v' || i as v from range(100) t(i)");
        Gen.Select(Gen.Int[4, whole.Length - 1], Gen.Byte, Gen.Bool).Sample(
            (at, value, cut) => ReadDamaged(cut ? whole[..at] : [.. whole[..at], value, .. whole[(at + 1)..]]),
            iter: 500);
    }

    [Fact]
    public void A_damaged_parquet_footer_gives_an_error_or_rows_and_always_ends()
    {
        var whole = WriteParquet("select i as k, 'v' || i as v from range(100) t(i)");
        var footer = whole.Length - 8 - BitConverter.ToInt32(whole, whole.Length - 8);
        Gen.Select(Gen.Int[footer, whole.Length - 9], Gen.Byte).Array[1, 5].Sample(
            changes =>
            {
                var damaged = whole.ToArray();
                foreach (var (at, value) in changes)
                {
                    damaged[at] = value;
                }

                ReadDamaged(damaged);
            },
            iter: 5_000);
    }

    [Fact]
    public void A_footer_that_announces_more_than_it_holds_is_refused()
    {
        // Parquet.Net 6.1 reads on for ever when a length within the footer ends exactly at the file's end.
        var whole = WriteParquet("select i as k, 'v' || i as v from range(100) t(i)");
        var footer = whole.Length - 8 - BitConverter.ToInt32(whole, whole.Length - 8);
        for (var at = footer; at < whole.Length - 8; at++)
        {
            var left = whole.Length - at - 1 - 8;
            for (var length = Math.Max(0, left - 8); length <= Math.Min(255, left + 10); length++)
            {
                var damaged = whole.ToArray();
                damaged[at] = (byte)length;
                ReadDamaged(damaged);
            }
        }
    }

    private static void ReadDamaged(byte[] damaged)
    {
        using var rows = ReferenceReader.Read(damaged, out var error);
        Assert.Equal(rows is null, error.Length > 0);
    }

    private static RecordBatch? Read(string csv)
    {
        var rows = ReferenceReader.Read(Encoding.UTF8.GetBytes(csv), out var error);
        Assert.Equal("", error);
        return rows;
    }

    private static Enricher BindParquet(byte[] file)
    {
        var problems = new Core.Configuration.ProblemList();
        string[] columns = ["big", "flag", "num", "day", "at", "text"];
        var enricher = Bind(
            problems,
            new Dictionary<string, byte[]> { ["ref"] = file },
            new Core.Configuration.LookupStep("ref", new Dictionary<string, string> { ["id"] = "k" }, columns.ToDictionary(name => name, name => name)));
        Assert.Empty(problems.Items);
        return enricher!;
    }

    private static byte[] WriteParquet(string select)
    {
        var path = Path.GetTempFileName();
        try
        {
            using var connection = new DuckDBConnection("DataSource=:memory:");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"copy ({select}) to '{path}' (format parquet)";
            command.ExecuteNonQuery();
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
