using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>A record as it is kept.</summary>
/// <param name="Index">Position in its shard, from 1.</param>
/// <param name="ArrivalMs">Ms since 1970, ascending within a shard.</param>
/// <param name="PartitionKey">As it was sent.</param>
/// <param name="Data">As it was sent.</param>
internal readonly record struct StoredRecord(long Index, long ArrivalMs, string PartitionKey, byte[] Data);

/// <summary>
/// Streams and records in one SQLite file (WAL, <c>synchronous=FULL</c>): what a call has written is on the disk when it returns. A record's
/// row id is its shard's ordinal and its index, so a shard's records lie together in order. One writer at a time; readers beside it.
/// </summary>
internal sealed class RecordLog : IDisposable
{
    /// <summary>Bits of a row id that are the index: 10^12 records per shard, and 8 million shards per file.</summary>
    private const int IndexBits = 40;

    public const long IndexMax = (1L << IndexBits) - 1;

    public const int OrdinalMax = (1 << (63 - IndexBits)) - 1;

    private const int BusyTimeoutSeconds = 5;
    private const int FormatVersion = 1;

    private readonly string _file;
    private readonly FileStream _lock;
    private readonly SqliteConnection _writer;
    private readonly SqliteCommand _insert;
    private readonly RecordReaders _readers;

    /// <exception cref="IOException">The file cannot be opened, is in use, is damaged, or is something else; the message names it.</exception>
    public RecordLog(string file)
    {
        _file = Path.GetFullPath(file);
        _lock = TakeLock(_file);
        try
        {
            _writer = Attempt("open", () => Open(_file));
            Attempt("open", () => { Prepare(); return true; });
            _insert = Command("INSERT INTO records (id, arrival_ms, partition_key, data) VALUES ($id, $arrival, $key, $data)");
            _insert.Parameters.Add("$id", SqliteType.Integer);
            _insert.Parameters.Add("$arrival", SqliteType.Integer);
            _insert.Parameters.Add("$key", SqliteType.Text);
            _insert.Parameters.Add("$data", SqliteType.Blob);
            _readers = new RecordReaders(_file);
        }
        catch
        {
            _insert?.Dispose();
            _writer?.Dispose();
            _lock.Dispose();
            throw;
        }
    }

    public static long RowId(int ordinal, long index) => ((long)ordinal << IndexBits) | index;

    /// <summary>All streams, by name, and the first ordinal that no shard has had.</summary>
    public (List<StreamState> Streams, int NextOrdinal) Load() => Attempt("read", () =>
    {
        var streams = new List<StreamState>();
        using (var command = Command("SELECT state FROM streams ORDER BY name"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                streams.Add(StreamStateJson.Read(reader.GetString(0)));
            }
        }

        using var next = Command("SELECT value FROM facts WHERE name = 'next_ordinal'");
        return (streams, (int)((next.ExecuteScalar() as long?) ?? 0));
    });

    /// <summary>The last record of a shard: its index and its arrival; zeros when it has none.</summary>
    public (long Index, long ArrivalMs) Last(int ordinal) => Attempt("read", () =>
    {
        using var command = Command("SELECT id, arrival_ms FROM records WHERE id BETWEEN $from AND $to ORDER BY id DESC LIMIT 1");
        command.Parameters.AddWithValue("$from", RowId(ordinal, 0));
        command.Parameters.AddWithValue("$to", RowId(ordinal, IndexMax));
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0) & IndexMax, reader.GetInt64(1)) : (0, 0);
    });

    /// <summary>Writes records, all or none.</summary>
    public void Append(List<(int Ordinal, StoredRecord Record)> records) => Attempt("write", () =>
    {
        using var transaction = _writer.BeginTransaction(deferred: false);
        _insert.Transaction = transaction;
        var (id, arrival, key, data) = (_insert.Parameters[0], _insert.Parameters[1], _insert.Parameters[2], _insert.Parameters[3]);
        foreach (var (ordinal, record) in records)
        {
            id.Value = RowId(ordinal, record.Index);
            arrival.Value = record.ArrivalMs;
            key.Value = record.PartitionKey;
            data.Value = record.Data;
            _insert.ExecuteNonQuery();
        }

        transaction.Commit();
        return true;
    });

    /// <summary>Writes a stream's state, or removes it when <paramref name="state"/> is null. Records are left to <see cref="Delete"/>.</summary>
    public void Save(string name, StreamState? state, int nextOrdinal) => Attempt("write", () =>
    {
        using var transaction = _writer.BeginTransaction(deferred: false);
        using var command = Command(
            state is null ? "DELETE FROM streams WHERE name = $name" : "INSERT OR REPLACE INTO streams (name, state) VALUES ($name, $state)", transaction);
        command.Parameters.AddWithValue("$name", name);
        if (state is not null)
        {
            command.Parameters.AddWithValue("$state", StreamStateJson.Write(state));
        }

        command.ExecuteNonQuery();
        using var next = Command("INSERT OR REPLACE INTO facts (name, value) VALUES ('next_ordinal', $next)", transaction);
        next.Parameters.AddWithValue("$next", nextOrdinal);
        next.ExecuteNonQuery();
        transaction.Commit();
        return true;
    });

    /// <summary>Removes records of a shard with an index in a range, at most some at once, and tells how many went.</summary>
    public int Delete(int ordinal, long from, long to, int countMax) => Attempt("trim", () =>
    {
        using var command = Command("DELETE FROM records WHERE id IN (SELECT id FROM records WHERE id BETWEEN $from AND $to ORDER BY id LIMIT $max)");
        command.Parameters.AddWithValue("$from", RowId(ordinal, from));
        command.Parameters.AddWithValue("$to", RowId(ordinal, to));
        command.Parameters.AddWithValue("$max", countMax);
        return command.ExecuteNonQuery();
    });

    /// <summary>The first ordinal from a given one on that has a record; null when none has.</summary>
    public int? NextOrdinalWithRecords(int from) => Attempt("read", () =>
    {
        using var command = Command("SELECT id FROM records WHERE id >= $from ORDER BY id LIMIT 1");
        command.Parameters.AddWithValue("$from", RowId(from, 0));
        return command.ExecuteScalar() is long id ? (int?)(id >> IndexBits) : null;
    });

    /// <inheritdoc cref="RecordReaders.Read"/>
    public List<StoredRecord> Read(int ordinal, long from, long to, int countMax, long bytesMax) =>
        Attempt("read", () => _readers.Read(ordinal, from, to, countMax, bytesMax));

    /// <inheritdoc cref="RecordReaders.FirstArrival"/>
    public (long Index, long ArrivalMs)? FirstArrival(int ordinal, long from, long to) =>
        Attempt("read", () => _readers.FirstArrival(ordinal, from, to));

    public void Dispose()
    {
        _insert.Dispose();
        _readers.Dispose();
        _writer.Dispose();
        _lock.Dispose();
    }

    internal static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = BusyTimeoutSeconds,
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Prepare()
    {
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = FULL");
        Execute("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID");
        Execute("CREATE TABLE IF NOT EXISTS streams (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID");
        Execute("CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, arrival_ms INTEGER NOT NULL, partition_key TEXT NOT NULL, data BLOB NOT NULL)");
        Execute($"INSERT OR IGNORE INTO facts (name, value) VALUES ('format', {FormatVersion})");
        using var command = Command("SELECT value FROM facts WHERE name = 'format'");
        if (command.ExecuteScalar() is not long version || version != FormatVersion)
        {
            throw new IOException($"'{_file}' is of another version of this program; name another file with --data");
        }
    }

    /// <summary>Two processes on one file would give out the same sequence numbers.</summary>
    private static FileStream TakeLock(string file)
    {
        try
        {
            FileSystem.MakeFolder(Path.GetDirectoryName(file)!);
            return new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot lock '{file}': {error.Message.TrimEnd('.')}; stop the other process that serves it, or name another file with --data", error);
        }
    }

    private T Attempt<T>(string what, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SqliteException error)
        {
            throw new IOException($"cannot {what} '{_file}': {SqliteFault.Explain(error, BusyTimeoutSeconds)}", error);
        }
        catch (Exception error) when (error is JsonException or InvalidCastException)
        {
            throw new IOException($"cannot {what} '{_file}': its content is damaged; name another file with --data", error);
        }
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, SqliteTransaction? transaction = null)
    {
        var command = _writer.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        return command;
    }
}
