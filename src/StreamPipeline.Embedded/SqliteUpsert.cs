using Microsoft.Data.Sqlite;
using SQLitePCL;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded;

/// <summary>
/// The statement that writes an item, compiled once. Below the commands of the library, which copy a body that is a part of a rented array before SQLite copies it, and
/// bodies are most of what is written. For one caller at a time, within a transaction; the connection is the caller's.
/// </summary>
internal sealed class SqliteUpsert(SqliteConnection connection) : IDisposable
{
    private const string Sql =
        """
        INSERT INTO items (pk, sk, version, attempt, expires_us, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (pk, sk) DO UPDATE
        SET version = excluded.version, attempt = excluded.attempt, expires_us = excluded.expires_us, body = excluded.body
        """;

    private sqlite3_stmt? _statement;

    /// <exception cref="SqliteException">Nothing is written.</exception>
    public void Run(StateItem item)
    {
        _statement ??= Compile();
        try
        {
            Check(raw.sqlite3_bind_text(_statement, 1, item.Pk));
            Check(raw.sqlite3_bind_text(_statement, 2, item.Sk));
            Check(raw.sqlite3_bind_int64(_statement, 3, item.Version));
            Check(raw.sqlite3_bind_text(_statement, 4, item.Attempt));
            Check(item.ExpiresAtUs is { } at ? raw.sqlite3_bind_int64(_statement, 5, at) : raw.sqlite3_bind_null(_statement, 5));
            Check(item.Body.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, 6, 0) : raw.sqlite3_bind_blob(_statement, 6, item.Body.Span));
            Check(raw.sqlite3_step(_statement));
        }
        finally
        {
            // What they say is what the step said, which has been looked at.
            _ = raw.sqlite3_reset(_statement);
            _ = raw.sqlite3_clear_bindings(_statement);
        }
    }

    public void Dispose() => _statement?.Dispose();

    /// <summary>What could not be compiled is not kept: the next call tries again.</summary>
    private sqlite3_stmt Compile()
    {
        Check(raw.sqlite3_prepare_v2(connection.Handle, Sql, out var statement));
        return statement;
    }

    private void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_DONE))
        {
            SqliteException.ThrowExceptionForRC(result, connection.Handle);
        }
    }
}
