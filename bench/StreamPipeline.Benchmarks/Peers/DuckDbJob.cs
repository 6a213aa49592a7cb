using DuckDB.NET.Data;

namespace StreamPipeline.Benchmarks.Peers;

/// <summary>The whole job in DuckDB, one thread: JSON with given types, the contract's and the rules' conditions, one row per key, Parquet with zstd.</summary>
internal static class DuckDbJob
{
    private const string Columns =
        "event_id:'UUID',measured_at:'TIMESTAMP',device:'STRUCT(id VARCHAR, site VARCHAR, firmware VARCHAR)',sequence:'BIGINT',temperature:'DOUBLE',humidity:'DOUBLE',battery:'DOUBLE',online:'BOOLEAN',position:'STRUCT(lat DOUBLE, lon DOUBLE)'";

    private const string Structure =
        """{"event_id":"UUID","measured_at":"TIMESTAMP","device":{"id":"VARCHAR","site":"VARCHAR","firmware":"VARCHAR"},"sequence":"BIGINT","temperature":"DOUBLE","humidity":"DOUBLE","battery":"DOUBLE","online":"BOOLEAN","position":{"lat":"DOUBLE","lon":"DOUBLE"}}""";

    private const string Valid =
        "event_id IS NOT NULL AND measured_at IS NOT NULL AND length(device.id) BETWEEN 1 AND 32 AND length(device.firmware) <= 16 AND device.site IN ('north','south','harbor','airport') AND sequence >= 0 AND temperature > -50 AND temperature < 90 AND humidity BETWEEN 0 AND 100 AND (battery IS NULL OR battery BETWEEN 0 AND 1)";

    public static void FromLines(string file, string output)
    {
        using var connection = Open();
        Write(connection, $"read_json('{file}', format='newline_delimited', ignore_errors=true, columns={{{Columns}}})", output);
    }

    /// <summary>In the steps that measured fastest: one path expression over the text of each event, the data decoded, one typed struct per event.</summary>
    /// <param name="files">A glob of Lambda events.</param>
    /// <param name="output">A folder.</param>
    public static void FromPayloads(string files, string output)
    {
        using var connection = Open();
        FromPayloads(connection, files, output);
    }

    /// <summary>The same over a database that is open, and has done it before.</summary>
    public static void FromPayloads(DuckDBConnection connection, string files, string output)
    {
        Execute(connection, $"CREATE OR REPLACE TEMP TABLE lines AS SELECT decode(from_base64(data)) AS line FROM (SELECT unnest(json_extract_string(content, '$.Records[*].kinesis.data')) AS data FROM read_text('{files}'))");
        Execute(connection, $"CREATE OR REPLACE TEMP TABLE events AS SELECT from_json(CASE WHEN json_valid(line) THEN line END, '{Structure}') AS event FROM lines");
        Write(connection, "(SELECT event.event_id, event.measured_at, event.device, event.sequence, event.temperature, event.humidity, event.battery, event.online, event.position FROM events)", output);
    }

    /// <summary>A database in memory, one thread. Owner: the caller.</summary>
    public static DuckDBConnection Open()
    {
        var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        Execute(connection, "SET threads=1");
        return connection;
    }

    private static void Write(DuckDBConnection connection, string source, string output)
    {
        Execute(connection, $"CREATE OR REPLACE TEMP TABLE silver AS SELECT DISTINCT ON (event_id) * FROM {source} WHERE {Valid}");
        Execute(connection, $"COPY silver TO '{output}/silver.parquet' (FORMAT parquet, COMPRESSION zstd)");
        Execute(connection, $"COPY (SELECT date_trunc('minute', measured_at) AS window_start, device.site AS site, count(*) AS events, avg(temperature) AS temperature_avg, max(temperature) AS temperature_max FROM silver GROUP BY ALL) TO '{output}/by_site.parquet' (FORMAT parquet, COMPRESSION zstd)");
        Execute(connection, $"COPY (SELECT date_trunc('minute', measured_at) AS window_start, device.firmware AS firmware, count(*) AS events, avg(humidity) AS humidity_avg, min(battery) AS battery_min FROM silver GROUP BY ALL) TO '{output}/by_firmware.parquet' (FORMAT parquet, COMPRESSION zstd)");
    }

    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
