namespace StreamPipeline.Cli.Query;

/// <param name="Name">As in the SELECT list.</param>
/// <param name="Type">The type's name, as SQL writes it (<c>TIMESTAMP WITH TIME ZONE</c>) or as DuckDB.NET does (<c>TimestampTz</c>).</param>
internal readonly record struct RowColumn(string Name, string Type)
{
    private static readonly string[] _numbers = ["Float", "Double", "TinyInt", "SmallInt", "Integer", "BigInt", "HugeInt"];

    public bool IsNumber
    {
        get
        {
            var type = Type;
            return type.StartsWith("Decimal", StringComparison.OrdinalIgnoreCase)
                || Array.Exists(_numbers, number => type.EndsWith(number, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>Its times are moments, not wall-clock readings.</summary>
    public bool IsUtc =>
        Type.Contains("TIME ZONE", StringComparison.OrdinalIgnoreCase) || Type.EndsWith("TZ", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The rows of a query, read forward once.</summary>
/// <param name="Columns">In the order of the SELECT list.</param>
/// <param name="Read">Steps to the next row; false after the last.</param>
/// <param name="Value">A value of the current row, by column.</param>
/// <param name="Owner">Disposed with the source: what the rows come from.</param>
/// <param name="Files">Disposed after it: what that reads; null: nothing of its own.</param>
internal sealed record RowSource(
    IReadOnlyList<RowColumn> Columns, Func<CancellationToken, Task<bool>> Read, Func<int, object?> Value, IAsyncDisposable Owner, IDisposable? Files = null) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Owner.DisposeAsync();
        Files?.Dispose();
    }
}
