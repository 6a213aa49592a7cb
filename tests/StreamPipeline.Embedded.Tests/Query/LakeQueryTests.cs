using System.Globalization;
using System.Text;
using StreamPipeline.Core.Commit;
using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded.Query;
using StreamPipeline.Embedded.Tests.Lake;
using ZstdSharp;

namespace StreamPipeline.Embedded.Tests.Query;

public sealed class LakeQueryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderObjectStore _lake;

    public LakeQueryTests() => _lake = new FolderObjectStore(_folder.Path, "q");

    private static CancellationToken Never => CancellationToken.None;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folded_table_is_a_view_with_its_columns_types_and_rows()
    {
        await FoldRows("flights", [(1, -1), (2, 5 * LakeFixture.DayUs)]);
        await using var result = await new LakeQuery(_lake).Run("SELECT * FROM silver.flights ORDER BY id", Never);
        Assert.Equal(
            [new("id", "BIGINT"), new("note", "VARCHAR"), new LakeQueryColumn("_event_time", "TIMESTAMPTZ")],
            result.Columns);
        Assert.True(await result.Read(Never));
        Assert.Equal(1L, result.Value(0));
        Assert.Equal("n1", result.Value(1));
        var at = Assert.IsType<DateTime>(result.Value(2));
        Assert.Equal(-10, at.Ticks - DateTime.UnixEpoch.Ticks);
        Assert.True(await result.Read(Never));
        Assert.False(await result.Read(Never));
    }

    [Fact]
    public async Task The_folder_read_without_a_manifest_gives_the_same_rows()
    {
        await FoldRows("flights", [(1, -1), (2, 5 * LakeFixture.DayUs)]);
        var pattern = Path.Combine(_folder.Path, "silver", "flights", "data", "**", "*.parquet");
        Assert.Equal(["1969|12|31|1", "1970|01|06|2"], await Rows($"SELECT year, month, day, id FROM read_parquet('{pattern}', hive_partitioning = true) ORDER BY id"));
        Assert.Equal(await Rows("SELECT count(*) FROM silver.flights"), await Rows($"SELECT count(*) FROM read_parquet('{pattern}')"));
    }

    [Fact]
    public async Task A_committed_file_that_was_not_moved_yet_is_read_and_an_uncommitted_one_is_not()
    {
        using var rows = LakeFixture.Batch("_event_time", [(7, 0)]);
        var content = await ParquetTableFile.Write(rows.Schema, [rows], Never);
        await _lake.Put("_staged/fold/k/0.parquet", content, Never);
        await _lake.Put("_staged/fold/dead/0.parquet", content, Never);
        var file = new TableFile("silver/s/data/year=1970/month=01/day=01/k-0.parquet", "_staged/fold/k/0.parquet", 1, content.Length, 0, 0, 0);
        var snapshot = TableSnapshot.None with { Version = 1, Schema = rows.Schema, Files = [file] };
        await _lake.Put("silver/s/metadata/v00000000000000000001.json", TableManifest.Encode("silver/s", snapshot), Never);
        Assert.Equal(["7"], await Rows("SELECT id FROM silver.s"));
        await new LakeTable(_lake, "silver/s").Open(Never);
        Assert.Equal(["7"], await Rows("SELECT id FROM silver.s"));
    }

    [Fact]
    public async Task A_table_without_files_is_an_empty_view_with_its_columns()
    {
        await FoldRows("empty", []);
        await using var result = await new LakeQuery(_lake).Run("SELECT * FROM silver.empty", Never);
        Assert.Equal(["id BIGINT", "note VARCHAR", "_event_time TIMESTAMPTZ"], result.Columns.Select(c => $"{c.Name} {c.Type}"));
        Assert.False(await result.Read(Never));
    }

    [Fact]
    public async Task Files_of_an_older_contract_have_null_in_newer_columns()
    {
        await FoldRows("f", [(1, 0)]);
        await FoldRows("f", [(2, 0)], generation: 2, wide: true);
        Assert.Equal(["1|", "2|1"], await Rows("SELECT id, added FROM silver.f ORDER BY id"));
    }

    [Fact]
    public async Task Names_that_are_no_identifiers_are_quoted()
    {
        await FoldRows("it's; DROP-me", [(1, 0)]);
        Assert.Equal(["1"], await Rows("SELECT id FROM silver.\"it's; DROP-me\""));
    }

    [Fact]
    public async Task Bronze_is_read_from_its_compressed_lines()
    {
        using var compressor = new Compressor();
        var lines = "{\"shard\":\"s0\",\"data\":\"x\"}\n{\"shard\":\"s1\",\"data\":\"y\"}\n";
        await _lake.Put("bronze/flights/year=2001/a.ndjson.zst", compressor.Wrap(Encoding.UTF8.GetBytes(lines)).ToArray(), Never);
        Assert.Equal(["s0|x", "s1|y"], await Rows("SELECT shard, data FROM bronze.flights ORDER BY shard"));
    }

    [Theory]
    [InlineData("[1, NULL, 3]::BIGINT[]", "1 - 3")]
    [InlineData("[true, NULL]", "True -")]
    [InlineData("[[1.5, NULL]::DOUBLE[], NULL, []]", "(1.5 -) - ()")]
    [InlineData("['2024-05-06'::DATE, NULL]", "05/06/2024 -")]
    [InlineData("['2024-05-06 07:08:09+00'::TIMESTAMPTZ, NULL]", "05/06/2024 07:08:09 -")]
    [InlineData("['a', NULL]", "a -")]
    [InlineData("[1, NULL]::INTEGER[2]", "1 -")]
    [InlineData("[NULL, {'a': 1}]", "- (a=1)")]
    [InlineData("MAP {'a': 1, 'b': NULL}", "(a=1 b=-)")]
    [InlineData("{'a': NULL, 'b': [1, 2]}", "(a=- b=(1 2))")]
    [InlineData("NULL::BIGINT[]", "-")]
    public async Task Nested_values_may_hold_nulls(string value, string expected)
    {
        await using var result = await new LakeQuery(_lake).Run($"SELECT {value} AS x", Never);
        Assert.True(await result.Read(Never));
        Assert.Equal(expected, Shown(result.Value(0), isOuter: true));
    }

    [Fact]
    public async Task What_cannot_be_read_says_how_to_ask_for_it()
    {
        await using var result = await new LakeQuery(_lake).Run("""SELECT {'a': [1, NULL]} AS "x""y" """, Never);
        Assert.True(await result.Read(Never));
        Assert.Contains("select to_json(\"x\"\"y\")", Assert.Throws<LakeQueryException>(() => result.Value(0)).Message, StringComparison.Ordinal);
        Assert.Equal(["""{"a":[1,null]}"""], await Rows("""SELECT to_json("x""y") FROM (SELECT {'a': [1, NULL]} AS "x""y")"""));
    }

    /// <summary>What .NET has no value for, and times within lists, structs and maps.</summary>
    [Theory]
    [InlineData("timestamp 'infinity'", "infinity")]
    [InlineData("timestamptz '-infinity'", "-infinity")]
    [InlineData("timestamp '2024-05-06 07:08:09'", "2024-05-06T07:08:09")]
    [InlineData("timestamptz '2024-05-06 07:08:09.5+02'", "2024-05-06T05:08:09.500000Z")]
    [InlineData("timestamptz '0001-01-01 00:00:00+00'", "0001-01-01T00:00:00Z")]
    [InlineData("timestamptz '0001-01-01 00:00:00+00' - interval 7 days", "0001-12-25 (BC) 00:00:00+00")]
    [InlineData("timestamp_ns '2024-05-06 07:08:09.123456789'", "2024-05-06T07:08:09.123456789")]
    [InlineData("date 'infinity'", "infinity")]
    [InlineData("date '290000-01-01'", "290000-01-01")]
    [InlineData("'0001-01-01 (BC)'::date", "0001-01-01 (BC)")]
    [InlineData("interval 1 month", "1 month")]
    [InlineData("timetz '10:00:00+05'", "10:00:00+05")]
    [InlineData("99999999999999999999999999999999999999::decimal(38,0)", "99999999999999999999999999999999999999")]
    [InlineData("union_value(a := 1)", "1")]
    [InlineData("'1'::variant", "1")]
    [InlineData("[timestamptz '2024-05-06 07:08:09+00', NULL]", "2024-05-06T07:08:09Z -")]
    [InlineData("{'a b': timestamptz '2024-05-06 07:08:09+00', 't': [timestamp '2024-05-06 07:08:09'], 'n': 1}", "(a b=2024-05-06T07:08:09Z t=(2024-05-06T07:08:09) n=1)")]
    [InlineData("MAP {'a': timestamptz '2024-05-06 07:08:09+00'}", "(a=2024-05-06T07:08:09Z)")]
    [InlineData("[[{'d': date '2024-05-06'}]]", "((d=2024-05-06))")]
    [InlineData("NULL::STRUCT(a DATE)", "-")]
    [InlineData("row(1, timestamptz '2024-05-06 07:08:09+00')", "(1, '2024-05-06 07:08:09+00')")]
    [InlineData("NULL", "-")]
    [InlineData("'x'::ENUM('x', 'y)''[')", "x")]
    public async Task Every_value_can_be_printed(string value, string expected)
    {
        await using var result = await new LakeQuery(_lake).Run($"SELECT {value} AS x, 1 AS x;", Never, isPrinted: true);
        Assert.Equal(["x", "x"], result.Columns.Select(column => column.Name));
        Assert.True(await result.Read(Never));
        Assert.Equal(expected, Shown(result.Value(0), isOuter: true));
        Assert.False(await result.Read(Never));
    }

    [Theory]
    [InlineData("SHOW TABLES")]
    [InlineData("PRAGMA version")]
    [InlineData("EXPLAIN SELECT 1")]
    [InlineData("SELECT 1; -- one")]
    [InlineData("FROM range(3)")]
    [InlineData("WITH t AS (VALUES (1)) SELECT * FROM t -- one")]
    public async Task Statements_of_every_kind_can_be_printed(string sql)
    {
        await using var result = await new LakeQuery(_lake).Run(sql, Never, isPrinted: true);
        Assert.NotEmpty(result.Columns);
    }

    [Fact]
    public async Task Rows_that_are_printed_keep_their_order()
    {
        await using var result = await new LakeQuery(_lake).Run("SELECT date '2024-01-01' + i::INTEGER, i FROM range(10000) t(i) ORDER BY hash(i)", Never, isPrinted: true);
        var printed = new List<long>();
        while (await result.Read(Never))
        {
            printed.Add((long)result.Value(1)!);
        }

        Assert.Equal(await Rows("SELECT i FROM range(10000) t(i) ORDER BY hash(i)"), printed.Select(one => one.ToString(CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("select 1; select 2", "the SQL has 2 statements")]
    [InlineData("", "the SQL is empty")]
    [InlineData(" ;\n", "the SQL is empty")]
    [InlineData("-- nothing", "the SQL is empty")]
    [InlineData("selec 1", "Parser Error")]
    public async Task Exactly_one_statement_is_run(string sql, string reason)
    {
        var error = await Assert.ThrowsAsync<LakeQueryException>(() => new LakeQuery(_lake).Run(sql, Never));
        Assert.StartsWith(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_lake_is_told_of()
    {
        await FoldRows("cut", [(1, 0)]);
        var file = Assert.Single(Directory.GetFiles(Path.Combine(_folder.Path, "silver", "cut", "data"), "*.parquet", SearchOption.AllDirectories));
        var content = await File.ReadAllBytesAsync(file, Never);
        await File.WriteAllBytesAsync(file, content[..^20], Never);
        await AssertDamaged(Path.GetFileName(file));
        File.Delete(file);
        await AssertDamaged(Path.GetFileName(file));
        var manifest = Directory.GetFiles(Path.Combine(_folder.Path, "silver", "cut", "metadata"), "*.json").Max()!;
        await File.WriteAllTextAsync(manifest, "{}", Never);
        await AssertDamaged(Path.GetFileName(manifest));

        async Task AssertDamaged(string name)
        {
            var error = await Assert.ThrowsAsync<LakeQueryException>(async () => await Rows("SELECT * FROM silver.cut"));
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
            Assert.Contains("`verify` tells", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_mistake_in_the_sql_is_one_line_of_DuckDbs_own_words()
    {
        var error = await Assert.ThrowsAsync<LakeQueryException>(() => new LakeQuery(_lake).Run("SELECT * FROM silver.nothing", Never));
        Assert.Contains("nothing", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("Catalog Error", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static string Shown(object? value, bool isOuter = false)
    {
        var items = value switch
        {
            System.Collections.IDictionary map => map.Keys.Cast<object>().Select(key => $"{key}={Shown(map[key])}"),
            System.Collections.IEnumerable list and not string => list.Cast<object?>().Select(item => Shown(item)),
            _ => null,
        };
        return items is null
            ? Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "-"
            : isOuter && value is not System.Collections.IDictionary ? string.Join(' ', items) : $"({string.Join(' ', items)})";
    }

    private async Task FoldRows(string stream, IReadOnlyList<(long Id, long TimeUs)> rows, long generation = 1, bool wide = false)
    {
        var content = StagedFile.Encode(LakeFixture.Batch("_event_time", rows, wide));
        await _lake.Put("_staged/x", content, Never);
        var fold = new Fold(_lake, new LakeTable(_lake, $"silver/{stream}"), new LakeTable(_lake, $"quarantine/{stream}"), new CountedAttempts($"g{generation}x"));
        CommittedBatch[] batches = [new("s0", generation, new StagedRef("_staged/x", rows.Count, content.Length), null)];
        await fold.Run(batches.ToAsyncEnumerable(), Never);
    }

    private async Task<List<string>> Rows(string sql)
    {
        await using var result = await new LakeQuery(_lake).Run(sql, Never);
        var rows = new List<string>();
        while (await result.Read(Never))
        {
            rows.Add(string.Join('|', result.Columns.Select((_, i) => Convert.ToString(result.Value(i), CultureInfo.InvariantCulture))));
        }

        return rows;
    }
}
