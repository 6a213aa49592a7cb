using System.Globalization;
using System.Security.Cryptography;
using DuckDB.NET.Data;
using StreamPipeline.Core.Lake;
using StreamPipeline.Embedded;

namespace StreamPipeline.Cli.Tests.EndToEnd;

/// <summary>A lake as a reader sees it that knows nothing of this program: the Parquet files below <c>data/</c>, read by DuckDB.</summary>
internal static class LakeFiles
{
    /// <summary>What differs between two lakes of the same events: when they came.</summary>
    public const string ArrivalOnly = "_arrival_time";

    /// <summary>What differs as well when the events came by other inputs.</summary>
    public const string Arrival = "_arrival_time, _sequence";

    /// <summary>What differs as well when they came by other shards.</summary>
    public const string ArrivalAndShard = "_arrival_time, _sequence, _shard";

    /// <summary>A FROM item over all files of a table.</summary>
    public static string Table(string lake, string table) =>
        $"read_parquet('{lake}/{table}/data/**/*.parquet', hive_partitioning=false)";

    /// <summary>The rows of a query, their cells joined by '|', in the query's order.</summary>
    public static List<string> Rows(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SET TimeZone = 'UTC'";
        command.ExecuteNonQuery();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            var cells = Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.IsDBNull(i) ? "" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture));
            rows.Add(string.Join('|', cells));
        }

        return rows;
    }

    /// <summary>All rows of a table as JSON text, sorted, without the named columns; empty when the table has no file.</summary>
    public static List<string> Content(string lake, string table, string? without = null)
    {
        if (Files(lake).TrueForAll(file => !file.StartsWith(table + "/", StringComparison.Ordinal)))
        {
            return [];
        }

        var columns = without is null ? "*" : $"* EXCLUDE ({without})";
        return Rows($"SELECT to_json(r)::VARCHAR FROM (SELECT {columns} FROM {Table(lake, table)}) r ORDER BY 1");
    }

    public static long Count(string lake, string table) => Content(lake, table).Count;

    /// <summary>Quarantined rows by reason: <c>reason|rows</c>.</summary>
    public static List<string> Reasons(string lake, string stream) =>
        Rows($"SELECT reason, count(*) FROM {Table(lake, $"quarantine/{stream}")} GROUP BY ALL ORDER BY ALL");

    /// <summary>Column name and type as DuckDB sees them.</summary>
    public static List<string> Columns(string lake, string table) =>
        Rows($"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {Table(lake, table)})");

    /// <summary>Paths below the lake of all files below any <c>data/</c>, whatever their kind.</summary>
    public static List<string> Files(string lake) => !Directory.Exists(lake)
        ? []
        : [.. Directory.EnumerateFiles(lake, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(lake, file))
            .Where(file => file.Contains("/data/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    /// <summary>Path and hash of each file below any <c>data/</c>.</summary>
    public static List<string> Hashes(string lake) =>
        Files(lake).ConvertAll(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(lake, file))))}");

    /// <summary>The files that the newest versions of the lake's tables name.</summary>
    public static async Task<List<TableFile>> Committed(string lake, params string[] tables)
    {
        var objects = new FolderObjectStore(lake, "test");
        var files = new List<TableFile>();
        foreach (var table in tables)
        {
            files.AddRange((await new LakeTable(objects, table).Load(TestContext.Current.CancellationToken)).Files);
        }

        return files;
    }
}
