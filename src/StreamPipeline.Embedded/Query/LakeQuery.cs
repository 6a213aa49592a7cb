using DuckDB.NET.Data;
using DuckDB.NET.Native;
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
    /// <param name="sql">The statement.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="isPrinted">Times, and what .NET has no type for, come as texts, so that every value can be read.</param>
    /// <exception cref="LakeQueryException">DuckDB refused the SQL or failed, in DuckDB's words, or the lake is damaged; on one line.</exception>
    public async Task<LakeQueryResult> Run(string sql, CancellationToken cancellation, bool isPrinted = false)
    {
        for (var attempt = 1; ; attempt++)
        {
            var files = new List<string>();
            var connection = new DuckDBConnection("DataSource=:memory:");
            try
            {
                await connection.OpenAsync(cancellation);
                RequireOneStatement(connection, sql);
                await Attach(connection, files, cancellation);
                return isPrinted && await PrintedQuery.TryOpen(connection, sql, cancellation) is { } printed
                    ? printed
                    : await LakeQueryResult.Open(connection, sql, columns: null, cancellation);
            }
            catch (DuckDBException error)
            {
                await connection.DisposeAsync();

                // Only a listed file that is gone is worth another look; everything else is the query's own fault.
                if (attempt == Attempts || files.TrueForAll(File.Exists))
                {
                    var isDamaged = files.Find(file => !File.Exists(file) || error.Message.Contains(file, StringComparison.Ordinal)) is not null;
                    throw new LakeQueryException(OneLine(error.Message) + (isDamaged ? "; `verify` tells what of the lake is lost or damaged" : ""), error);
                }
            }
            catch (InvalidDataException error)
            {
                await connection.DisposeAsync();
                throw new LakeQueryException($"{OneLine(error.Message)}; `verify` tells what of the lake is lost or damaged", error);
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
        var isWaiting = file.Staged is not null && !File.Exists(final) && File.Exists(objects.FileOf(file.Staged));
        return isWaiting ? objects.FileOf(file.Staged!) : final;
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

    /// <summary>DuckDB.NET would give the rows of the first one only.</summary>
    private static void RequireOneStatement(DuckDBConnection connection, string sql)
    {
        var count = NativeMethods.ExtractStatements.DuckDBExtractStatements(connection.NativeConnection, sql, out var statements);
        statements.Dispose();
        if (count > 1 && sql.AsSpan().TrimEnd("; \t\r\n").Contains(';'))
        {
            // A PIVOT is two to DuckDB, without a semicolon.
            throw new LakeQueryException($"the SQL has {count} statements, and only one is run: give each a query of its own", null);
        }

        if (count == 0 && !HasMistake(connection, sql))
        {
            throw new LakeQueryException("the SQL is empty: write a statement, such as select 1", null);
        }
    }

    /// <summary>Of SQL in which DuckDB finds no statement: it has a mistake, or there is none.</summary>
    private static bool HasMistake(DuckDBConnection connection, string sql)
    {
        try
        {
            Execute(connection, sql);
            return false;
        }
        catch (DuckDBException error)
        {
            return error.Message.StartsWith("Parser Error", StringComparison.Ordinal);
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
public sealed class LakeQueryException(string message, Exception? inner) : Exception(message, inner);
