namespace StreamPipeline.Embedded.Query;

/// <summary>
/// A type of DuckDB, as DESCRIBE writes it, and how a value of it becomes one that .NET can hold: times and what .NET has no type for are written by DuckDB itself, as
/// text, wherever they are nested.
/// </summary>
internal sealed class PrintedType
{
    /// <summary>Digits that <see cref="decimal"/> holds.</summary>
    private const int DecimalDigitsMax = 28;

    private static readonly HashSet<string> AsTheyAre =
    [
        "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT", "FLOAT", "DOUBLE", "VARCHAR", "JSON", "UUID", "BLOB", "ENUM", "\"NULL\"",
    ];

    private readonly string _name;
    private readonly IReadOnlyList<(string Name, PrintedType Type)> _parts;

    internal PrintedType(string name, IReadOnlyList<(string Name, PrintedType Type)> parts) => (_name, _parts) = (name, parts);

    private bool IsAsItIs => _name switch
    {
        "STRUCT" or "MAP" or "LIST" => _parts.All(part => part.Type.IsAsItIs),
        _ => AsTheyAre.Contains(_name) || (_name.StartsWith("DECIMAL(", StringComparison.Ordinal) && int.Parse(_name["DECIMAL(".Length.._name.IndexOf(',', StringComparison.Ordinal)], null) <= DecimalDigitsMax),
    };

    /// <summary>SQL that gives the value of an expression so that it can be read.</summary>
    /// <param name="value">A column, or a variable of a lambda.</param>
    /// <param name="depth">How deep it is nested, which names variables.</param>
    public string Expression(string value, int depth = 0) => IsAsItIs ? value : _name switch
    {
        "LIST" => $"list_transform({value}, lambda v{depth}: {_parts[0].Type.Expression($"v{depth}", depth + 1)})",
        "STRUCT" => $"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({string.Join(", ", _parts.Select(part => $"{DuckDbText.Name(part.Name)} := {part.Type.Expression($"{value}.{DuckDbText.Name(part.Name)}", depth)}"))}) END",
        "MAP" => $"CASE WHEN {value} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries({value}), lambda v{depth}: struct_pack(key := {_parts[0].Type.Expression($"v{depth}.key", depth + 1)}, value := {_parts[1].Type.Expression($"v{depth}.value", depth + 1)}))) END",
        "TIMESTAMP" => Iso(value, value, ""),
        "TIMESTAMP WITH TIME ZONE" => Iso($"({value} AT TIME ZONE 'UTC')", value, "Z"),
        "TIMESTAMP_S" or "TIMESTAMP_MS" or "TIMESTAMP_NS" => $@"regexp_replace({value}::VARCHAR, '^(\d+-\d+-\d+) (\d)', '\1T\2')",
        _ => $"{value}::VARCHAR",
    };

    /// <summary>As ISO 8601, to the second or to the microsecond; DuckDB's own text outside the years 1 to 9999.</summary>
    private static string Iso(string time, string value, string zone) =>
        $"CASE WHEN isfinite({time}) AND year({time}) BETWEEN 1 AND 9999 THEN CASE WHEN microsecond({time}) % 1000000 = 0 THEN strftime({time}, '%Y-%m-%dT%H:%M:%S') ELSE strftime({time}, '%Y-%m-%dT%H:%M:%S.%f') END || '{zone}' ELSE {value}::VARCHAR END";
}
