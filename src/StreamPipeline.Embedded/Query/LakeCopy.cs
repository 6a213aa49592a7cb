using StreamPipeline.Core.Lake;

namespace StreamPipeline.Embedded.Query;

/// <summary>
/// What a query needs of a lake that is not on this disk, in a temporary folder: DuckDB then reads files, whatever store they come from. Owner: the
/// query's result, with which it goes.
/// </summary>
public sealed class LakeCopy : IDisposable
{
    private static readonly string[] _layers = ["silver", "gold", "quarantine"];

    private LakeCopy(string folder, FolderObjectStore objects)
    {
        Folder = folder;
        Objects = objects;
    }

    public string Folder { get; }

    public FolderObjectStore Objects { get; }

    /// <summary>Names of a lake's tables by layer, such as <c>silver/flights</c>, in order.</summary>
    public static async Task<IReadOnlyList<string>> Tables(IObjectStore lake, CancellationToken cancellation)
    {
        var tables = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var layer in _layers)
        {
            await foreach (var file in lake.List(layer + "/", cancellation))
            {
                if (file.Key.Split('/') is [_, var table, "metadata", ..])
                {
                    tables.Add($"{layer}/{table}");
                }
            }
        }

        return [.. tables];
    }

    /// <summary>Copies the newest version of each table whose layer and name the SQL has in it, and bronze if it has that.</summary>
    /// <param name="lake">The lake's objects.</param>
    /// <param name="attempt">Names temporary files.</param>
    /// <param name="sql">The query.</param>
    /// <param name="cancellation">Ends it; what was copied is deleted.</param>
    public static async Task<LakeCopy> Of(IObjectStore lake, string attempt, string sql, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("streampipeline-query-").FullName;
        var copy = new LakeCopy(folder, new FolderObjectStore(folder, attempt));
        try
        {
            foreach (var table in await Tables(lake, cancellation))
            {
                if (table.Split('/').All(part => sql.Contains(part, StringComparison.OrdinalIgnoreCase)))
                {
                    await copy.CopyTable(lake, table, cancellation);
                }
            }

            if (sql.Contains("bronze", StringComparison.OrdinalIgnoreCase))
            {
                await foreach (var file in lake.List("bronze/", cancellation))
                {
                    await copy.CopyObject(lake, file.Key, cancellation);
                }
            }

            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private async Task CopyTable(IObjectStore lake, string table, CancellationToken cancellation)
    {
        // The metadata first: the newest version that was copied names the files that are copied after it.
        await foreach (var metadata in lake.List($"{table}/metadata/", cancellation))
        {
            await CopyObject(lake, metadata.Key, cancellation);
        }

        foreach (var file in (await new LakeTable(Objects, table).Load(cancellation)).Files)
        {
            // A file that is not moved yet is where it waits; it may move while one looks.
            _ = await CopyObject(lake, file.Path, cancellation)
                || (file.Staged is { } staged && await CopyObject(lake, staged, cancellation))
                || await CopyObject(lake, file.Path, cancellation);
        }
    }

    private async Task<bool> CopyObject(IObjectStore lake, string key, CancellationToken cancellation)
    {
        if (await lake.Get(key, cancellation) is not { } content)
        {
            return false;
        }

        await Objects.Put(key, content, cancellation);
        return true;
    }
}
