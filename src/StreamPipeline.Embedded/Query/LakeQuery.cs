using DuckDB.NET.Data;
using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Query;

/// <summary>
/// SQL over a lake folder with an in-memory DuckDB. Each table is a view over the files of its newest committed version, so nothing half-written or
/// orphaned is read: <c>silver.&lt;stream&gt;</c>, <c>quarantine.&lt;stream&gt;</c>, <c>gold.&lt;metric&gt;</c>, and
/// <c>bronze.&lt;stream&gt;</c> over the raw NDJSON.
/// </summary>
/// <param name="objects">The lake.</param>
public sealed class LakeQuery(FolderObjectStore objects)
{
    // Each retry needs the fold to supersede a listed file between listing and reading it.
    private const int Attempts = 4;

    private static readonly string[] Layers = ["silver", "gold", "quarantine"];

    /// <summary>Runs one statement. The caller disposes the result.</summary>
    /// <exception cref="LakeQueryException">DuckDB refused the SQL or failed; the message is DuckDB's, on one line.</exception>
    public async Task<LakeQueryResult> Run(string sql, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var files = new List<string>();
            var connection = new DuckDBConnection("DataSource=:memory:");
            try
            {
                await connection.OpenAsync(cancellation);
                await Attach(connection, files, cancellation);
                return await LakeQueryResult.Open(connection, sql, cancellation);
            }
            catch (DuckDBException error)
            {
                await connection.DisposeAsync();

                // Only a listed file that is gone is worth another look; everything else is the query's own fault.
                if (attempt == Attempts || files.TrueForAll(File.Exists))
                {
                    throw new LakeQueryException(OneLine(error.Message), error);
                }
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Table names by layer, such as <c>silver/flights</c>, in order.</summary>
    public IReadOnlyList<string> Tables()
    {
        var tables = new List<string>();
        foreach (var layer in Layers)
        {
            var folder = Path.Combine(objects.Folder, layer);
            if (Directory.Exists(folder))
            {
                tables.AddRange(Directory.EnumerateDirectories(folder).Select(table => $"{layer}/{Path.GetFileName(table)}").Order(StringComparer.Ordinal));
            }
        }

        return tables;
    }

    private async Task Attach(DuckDBConnection connection, List<string> files, CancellationToken cancellation)
    {
        Execute(connection, "SET TimeZone = 'UTC'");
        foreach (var layer in (string[])["bronze", .. Layers])
        {
            Execute(connection, $"CREATE SCHEMA {layer}");
        }

        foreach (var table in Tables())
        {
            var snapshot = await new LakeTable(objects, table).Load(cancellation);
            if (snapshot.Schema is null && snapshot.Files.Count == 0)
            {
                continue;
            }

            var slash = table.IndexOf('/', StringComparison.Ordinal);
            var view = $"{table[..slash]}.{DuckDbText.Name(table[(slash + 1)..])}";
            var paths = snapshot.Files.Select(FileOf).ToList();
            files.AddRange(paths);
            var source = paths.Count == 0
                ? DuckDbText.EmptySelect(snapshot.Schema!)
                : $"SELECT * FROM read_parquet([{string.Join(", ", paths.Select(DuckDbText.Literal))}], union_by_name = true, hive_partitioning = false)";
            Execute(connection, $"CREATE VIEW {view} AS {source}");
        }

        AttachBronze(connection);
    }

    /// <summary>A file that is not moved yet is read where it waits.</summary>
    private string FileOf(TableFile file)
    {
        var final = objects.FileOf(file.Path);
        return file.Staged is null || File.Exists(final) ? final : objects.FileOf(file.Staged);
    }

    private void AttachBronze(DuckDBConnection connection)
    {
        var root = Path.Combine(objects.Folder, "bronze");
        if (!Directory.Exists(root))
        {
            return;
        }

        foreach (var stream in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            var isEmpty = !Directory.EnumerateFiles(stream, "*.ndjson.zst", SearchOption.AllDirectories).Any();
            if (!isEmpty)
            {
                var pattern = DuckDbText.Literal(Path.Combine(stream, "**", "*.ndjson.zst"));
                var view = DuckDbText.Name(Path.GetFileName(stream));
                Execute(connection, $"CREATE VIEW bronze.{view} AS SELECT * FROM read_json({pattern}, format = 'newline_delimited', compression = 'zstd', hive_partitioning = false)");
            }
        }
    }

    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string OneLine(string text) =>
        string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}

/// <summary>A query that DuckDB refused or could not finish. The message is for the user, on one line.</summary>
public sealed class LakeQueryException(string message, Exception inner) : Exception(message, inner);
