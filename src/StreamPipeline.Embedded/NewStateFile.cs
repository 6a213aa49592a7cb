using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace StreamPipeline.Embedded;

/// <summary>
/// Makes the file of a <see cref="SqliteStateStore"/>. What SQLite would write into a new one is made in memory and put in its place at once, as any other
/// file of a lake: so it is there whole or not at all, for two flushes instead of the six that SQLite takes through a journal and a log.
/// </summary>
internal static class NewStateFile
{
    /// <summary>The table, unless it is there. Not WITHOUT ROWID: there, to compare a key is to read the body behind it.</summary>
    public const string Table =
        """
        CREATE TABLE IF NOT EXISTS items (
            pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, attempt TEXT NOT NULL,
            expires_us INTEGER, body BLOB NOT NULL, PRIMARY KEY (pk, sk)
        )
        """;

    /// <summary>Of a new file: a batch's seen segments are some 80 kB, and each page of the log is two calls of the system.</summary>
    public const string PageSize = "PRAGMA page_size = 16384";

    // "File format write version" and "read version" of the header: 2 is the write-ahead log (sqlite.org/fileformat2.html, 1.3.3). It is not a mode of a database in memory.
    private const int WriteVersionAt = 18;
    private const int ReadVersionAt = 19;
    private const byte WriteAheadLog = 2;

    private static readonly Lazy<byte[]> _content = new(Content);

    /// <summary>Makes it durably unless it is there, or something of one that was: that is for SQLite to judge.</summary>
    /// <param name="file">Its folder exists.</param>
    /// <returns>Whether it holds the table, made here or by another process just now; false: it was there.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static bool MakeIfAbsent(string file)
    {
        if (File.Exists(file) || File.Exists(file + "-wal") || File.Exists(file + "-journal"))
        {
            return false;
        }

        var folder = Path.GetDirectoryName(file)!;
        var temporary = Path.Combine(folder, $"{FolderObjectStore.TemporaryPrefix}{Path.GetFileName(file)}-{Path.GetRandomFileName()}");
        try
        {
            using (var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(handle, _content.Value, 0);
                RandomAccess.FlushToDisk(handle);
            }

            FileSystem.LinkIfAbsent(temporary, file);
        }
        finally
        {
            File.Delete(temporary);
        }

        FileSystem.Flush(folder);
        return true;
    }

    private static byte[] Content()
    {
        using var connection = new SqliteConnection("Data Source=:memory:;Pooling=False");
        connection.Open();
        foreach (var sql in new[] { PageSize, Table })
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        // Of a database in memory it is a pointer to its own pages only if they are in one piece, which is not asked for: so it is ours to free.
        var copy = raw.sqlite3_serialize(connection.Handle, "main", out var bytes, 0);
        try
        {
            var content = new byte[bytes];
            Marshal.Copy(copy, content, 0, content.Length);
            (content[WriteVersionAt], content[ReadVersionAt]) = (WriteAheadLog, WriteAheadLog);
            return content;
        }
        finally
        {
            raw.sqlite3_free(copy);
        }
    }
}
