using Microsoft.Data.Sqlite;
using SQLitePCL;
using StreamPipeline.Core.Commit;

namespace StreamPipeline.Embedded;

/// <summary>The statements of <see cref="SqliteStateStore"/>, each compiled once. For one caller at a time; the connection is the caller's.</summary>
internal sealed class SqliteItems : IDisposable
{
    // A body lies on pages of its own, behind all that is short: what does not name it does not read them.
    private const string NoBody = "x''";

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _from;
    private readonly SqliteCommand _after;
    private readonly SqliteCommand _namesFrom;
    private readonly SqliteCommand _namesAfter;
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _version;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _expired;
    private readonly SqliteUpsert _upsert;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;
    private bool _flushes = true;

    /// <param name="connection">Need not be open yet.</param>
    public SqliteItems(SqliteConnection connection)
    {
        _connection = connection;
        _from = Command(Page(">=", "body"), "$pk", "$sk", "$to", "$most");
        _after = Command(Page(">", "body"), "$pk", "$sk", "$to", "$most");
        _namesFrom = Command(Page(">=", NoBody), "$pk", "$sk", "$to", "$most");
        _namesAfter = Command(Page(">", NoBody), "$pk", "$sk", "$to", "$most");
        _find = Command("SELECT pk, sk, version, attempt, expires_us, body FROM items WHERE pk = $pk AND sk = $sk", "$pk", "$sk");
        _version = Command("SELECT version FROM items WHERE pk = $pk AND sk = $sk", "$pk", "$sk");
        _delete = Command("DELETE FROM items WHERE pk = $pk AND sk = $sk", "$pk", "$sk");
        _expired = Command("SELECT sk FROM items WHERE pk = $pk AND sk > $sk AND expires_us <= $until ORDER BY sk LIMIT $most", "$pk", "$sk", "$until", "$most");
        _upsert = new SqliteUpsert(connection);

        // Those of SqliteTransaction are compiled anew each time. IMMEDIATE takes the write lock before anything is read, so nothing changes between.
        _begin = Command("BEGIN IMMEDIATE");
        _commit = Command("COMMIT");
        _rollback = Command("ROLLBACK");
    }

    /// <summary>Begins a transaction, which <see cref="Commit"/> or <see cref="Rollback"/> ends.</summary>
    public void Begin() => _begin.ExecuteNonQuery();

    /// <summary>When it fails, the transaction is still to be rolled back.</summary>
    public void Commit() => _commit.ExecuteNonQuery();

    /// <summary>No error when SQLite has done it itself, as it does after some failures.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            _rollback.ExecuteNonQuery();
        }
    }

    public StateItem? Find(string pk, string sk)
    {
        using var reader = Bound(_find, pk, sk).ExecuteReader();
        return reader.Read() ? ItemOf(reader) : null;
    }

    /// <summary>Items with a sort key beyond <paramref name="from"/>, or at it when that is included, and below <paramref name="to"/>.</summary>
    public List<StateItem> ReadPage(string pk, string from, bool inclusive, string to, bool withBodies, int itemsMax)
    {
        var command = Bound((withBodies, inclusive) switch { (true, true) => _from, (true, false) => _after, (false, true) => _namesFrom, _ => _namesAfter }, pk, from);
        command.Parameters[2].Value = to;
        command.Parameters[3].Value = itemsMax;
        using var reader = command.ExecuteReader();
        var page = new List<StateItem>();
        while (reader.Read())
        {
            page.Add(ItemOf(reader));
        }

        return page;
    }

    /// <summary>Sort keys beyond <paramref name="after"/> of items that expire at or before <paramref name="untilUs"/>.</summary>
    public List<string> ReadExpired(string pk, string after, long untilUs, int itemsMax)
    {
        var command = Bound(_expired, pk, after);
        command.Parameters[2].Value = untilUs;
        command.Parameters[3].Value = itemsMax;
        using var reader = command.ExecuteReader();
        var page = new List<string>();
        while (reader.Read())
        {
            page.Add(reader.GetString(0));
        }

        return page;
    }

    /// <summary>0 when there is no such item.</summary>
    public long VersionOf(StateItem item) => Bound(_version, item.Pk, item.Sk).ExecuteScalar() as long? ?? 0;

    public void Upsert(StateItem item) => _upsert.Run(item);

    public void Delete(string pk, string sk) => Bound(_delete, pk, sk).ExecuteNonQuery();

    /// <summary>Whether the commits from now on flush the log. Outside of transactions.</summary>
    public void Flushes(bool each)
    {
        if (each != _flushes)
        {
            // It takes effect when it is compiled, so it cannot be kept.
            SqliteException.ThrowExceptionForRC(
                raw.sqlite3_exec(_connection.Handle, each ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"), _connection.Handle);
            _flushes = each;
        }
    }

    public void Dispose()
    {
        foreach (var command in new[] { _from, _after, _namesFrom, _namesAfter, _find, _version, _delete, _expired, _begin, _commit, _rollback })
        {
            command.Dispose();
        }

        _upsert.Dispose();
    }

    private static string Page(string beyond, string body) =>
        $"""
        SELECT pk, sk, version, attempt, expires_us, {body} FROM items
        WHERE pk = $pk AND sk {beyond} $sk AND sk < $to ORDER BY sk LIMIT $most
        """;

    public void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    /// <summary>A statement that is compiled once.</summary>
    private SqliteCommand Command(string sql, params ReadOnlySpan<string> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new SqliteParameter(parameter, null));
        }

        return command;
    }

    private static SqliteCommand Bound(SqliteCommand command, string pk, string sk)
    {
        command.Parameters[0].Value = pk;
        command.Parameters[1].Value = sk;
        return command;
    }

    private static StateItem ItemOf(SqliteDataReader reader) => new(
        reader.GetString(0),
        reader.GetString(1),
        reader.GetInt64(2),
        reader.GetString(3),
        (byte[])reader.GetValue(5),
        reader.IsDBNull(4) ? null : reader.GetInt64(4));
}
