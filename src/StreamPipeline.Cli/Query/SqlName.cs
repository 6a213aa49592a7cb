namespace StreamPipeline.Cli.Query;

/// <summary>The name of a stream, metric or column in SQL.</summary>
internal static class SqlName
{
    /// <summary>Quoted only where it must be: suggested queries are read by people.</summary>
    public static string Of(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0]) ? name : Quoted(name);

    public static string Quoted(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
