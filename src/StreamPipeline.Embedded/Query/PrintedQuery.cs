using DuckDB.NET.Data;

namespace StreamPipeline.Embedded.Query;

/// <summary>A query for people: whatever DuckDB holds can be printed, as DuckDB writes it where .NET has no such value.</summary>
internal static class PrintedQuery
{
    /// <summary>The rows of a query through one around it; null when DuckDB takes no other around it, such as around a PRAGMA, or when it has a mistake.</summary>
    public static async Task<LakeQueryResult?> TryOpen(DuckDBConnection connection, string sql, CancellationToken cancellation)
    {
        try
        {
            var query = sql.TrimEnd().TrimEnd(';');
            var columns = await Describe(connection, query, cancellation);
            var values = columns.Select((column, i) =>
                $"{PrintedTypeParser.Parse(column.Type)?.Expression($"c{i}") ?? $"c{i}::VARCHAR"} AS {DuckDbText.Name(column.Name)}");
            var around = $"SELECT {string.Join(", ", values)} FROM (\n{query}\n) AS q({string.Join(", ", columns.Select((_, i) => $"c{i}"))})";
            return await LakeQueryResult.Open(connection, around, columns, cancellation);
        }
        catch (DuckDBException)
        {
            // The query alone tells why in its own lines and columns.
            return null;
        }
    }

    private static async Task<IReadOnlyList<LakeQueryColumn>> Describe(DuckDBConnection connection, string query, CancellationToken cancellation)
    {
        using var describe = connection.CreateCommand();
        describe.CommandText = $"DESCRIBE {query}";
        using var reader = await describe.ExecuteReaderAsync(cancellation);
        var columns = new List<LakeQueryColumn>();
        while (await reader.ReadAsync(cancellation))
        {
            columns.Add(new LakeQueryColumn(reader.GetString(0), reader.GetString(1)));
        }

        return columns;
    }
}
