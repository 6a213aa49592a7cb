using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace StreamPipeline.Embedded.Kinesis;

/// <summary>Connections that read while the writer writes: SQLite's WAL shows each the last commit. One per concurrent call, kept for the next.</summary>
internal sealed class RecordReaders(string file) : IDisposable
{
    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private bool _isDisposed;

    /// <summary>Records of a shard in order, from one index up to another, both included.</summary>
    /// <param name="ordinal">The shard.</param>
    /// <param name="from">First index.</param>
    /// <param name="to">Last index.</param>
    /// <param name="countMax">Most records.</param>
    /// <param name="bytesMax">Most bytes of data and keys; the first record comes in any case.</param>
    public List<StoredRecord> Read(int ordinal, long from, long to, int countMax, long bytesMax)
    {
        var records = new List<StoredRecord>(Math.Min(countMax, 256));
        With(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT id, arrival_ms, partition_key, data FROM records WHERE id BETWEEN $from AND $to ORDER BY id LIMIT $max";
            command.Parameters.AddWithValue("$from", RecordLog.RowId(ordinal, from));
            command.Parameters.AddWithValue("$to", RecordLog.RowId(ordinal, to));
            command.Parameters.AddWithValue("$max", countMax);
            using var reader = command.ExecuteReader();
            long bytes = 0;
            while (reader.Read())
            {
                var record = new StoredRecord(reader.GetInt64(0) & RecordLog.IndexMax, reader.GetInt64(1), reader.GetString(2), reader.GetFieldValue<byte[]>(3));
                bytes += record.Data.Length + record.PartitionKey.Length;
                if (bytes > bytesMax && records.Count > 0)
                {
                    break;
                }

                records.Add(record);
            }

            return true;
        });
        return records;
    }

    /// <summary>Index and arrival of the first record of a shard from one index up to another; null when there is none.</summary>
    public (long Index, long ArrivalMs)? FirstArrival(int ordinal, long from, long to) => With<(long, long)?>(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, arrival_ms FROM records WHERE id BETWEEN $from AND $to ORDER BY id LIMIT 1";
        command.Parameters.AddWithValue("$from", RecordLog.RowId(ordinal, from));
        command.Parameters.AddWithValue("$to", RecordLog.RowId(ordinal, to));
        using var reader = command.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0) & RecordLog.IndexMax, reader.GetInt64(1)) : null;
    });

    public void Dispose()
    {
        Volatile.Write(ref _isDisposed, true);
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private T With<T>(Func<SqliteConnection, T> read)
    {
        if (!_idle.TryTake(out var connection))
        {
            connection = RecordLog.Open(file);
        }

        try
        {
            return read(connection);
        }
        finally
        {
            if (Volatile.Read(ref _isDisposed))
            {
                connection.Dispose();
            }
            else
            {
                _idle.Add(connection);
            }
        }
    }
}
