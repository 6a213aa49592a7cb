using System.Data.Common;
using DuckDB.NET.Data;

namespace StreamPipeline.Embedded.Query;

/// <param name="Name">As in the SELECT list.</param>
/// <param name="Type">DuckDB's name of the type, such as <c>BIGINT</c> or <c>TIMESTAMPTZ</c>; nested ones only as <c>LIST</c> or <c>STRUCT</c>.</param>
public readonly record struct LakeQueryColumn(string Name, string Type);

/// <summary>The rows of a query, read forward once and streamed by DuckDB: the result may be larger than memory.</summary>
public sealed class LakeQueryResult : IAsyncDisposable
{
    private readonly DuckDBConnection _connection;
    private readonly DbCommand _command;
    private readonly DbDataReader _reader;
    private readonly Func<DbDataReader, int, object?>[] _values;

    private LakeQueryResult(DuckDBConnection connection, DbCommand command, DbDataReader reader, IReadOnlyList<LakeQueryColumn>? columns)
    {
        _connection = connection;
        _command = command;
        _reader = reader;
        _values = [.. Enumerable.Range(0, reader.FieldCount).Select(i => NestedValues.ReaderOf(reader.GetFieldType(i)))];
        Columns = columns ?? [.. Enumerable.Range(0, reader.FieldCount).Select(i => new LakeQueryColumn(reader.GetName(i), reader.GetDataTypeName(i).ToUpperInvariant()))];
    }

    public IReadOnlyList<LakeQueryColumn> Columns { get; }

    /// <summary>Steps to the next row; false after the last.</summary>
    /// <exception cref="LakeQueryException">DuckDB failed on the way.</exception>
    public async Task<bool> Read(CancellationToken cancellation)
    {
        try
        {
            return await _reader.ReadAsync(cancellation);
        }
        catch (DuckDBException error)
        {
            throw new LakeQueryException(error.Message.ReplaceLineEndings(" "), error);
        }
    }

    /// <summary>
    /// A value of the current row: null, a number, bool, string, <see cref="DateTime"/> (UTC), <see cref="DateOnly"/>, a stream of bytes, or lists and
    /// dictionaries of these.
    /// </summary>
    /// <exception cref="LakeQueryException">DuckDB.NET cannot read it: a list within a struct has NULLs.</exception>
    public object? Value(int column)
    {
        try
        {
            return _reader.IsDBNull(column) ? null : _values[column](_reader, column);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // What DuckDB.NET throws depends on the type: a cast, a range, a type that it does not know.
            var name = Columns[column].Name;
            throw new LakeQueryException(
                $"column '{name}' has a value that cannot be read as it is, such as a NULL in a list within a struct ({error.Message}): select to_json({DuckDbText.Name(name)}) instead", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _command.DisposeAsync();
        await _connection.DisposeAsync();
    }

    /// <summary>Owns the connection once it returns. Columns: where the query is not the one that was asked.</summary>
    internal static async Task<LakeQueryResult> Open(DuckDBConnection connection, string sql, IReadOnlyList<LakeQueryColumn>? columns, CancellationToken cancellation)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        try
        {
            return new LakeQueryResult(connection, command, await command.ExecuteReaderAsync(cancellation), columns);
        }
        catch
        {
            await command.DisposeAsync();
            throw;
        }
    }
}
