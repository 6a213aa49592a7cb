namespace StreamPipeline.Core.Contracts;

/// <summary>Names become column names, and the engines that read the lake fold letter case.</summary>
internal static class PropertyNames
{
    /// <summary>Columns that the pipeline adds to every silver table.</summary>
    private static readonly string[] SystemColumns = ["_event_time", "_arrival_time", "_shard", "_sequence", Contract.ExtraColumn];

    /// <summary>Whether the pipeline adds a column of that name, in whatever letter case.</summary>
    public static bool IsSystemColumn(string name) => SystemColumns.Contains(name, StringComparer.OrdinalIgnoreCase);

    public static void Check(SchemaNode properties, SchemaReport report, bool isRoot)
    {
        var folded = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, offset, _) in properties.Members)
        {
            if (name.Length == 0)
            {
                report.Add(offset, "a property has an empty name", "name it: it becomes a column");
            }
            else if (isRoot && IsSystemColumn(name))
            {
                report.Add(offset, $"property '{name}' has the name of a column that the pipeline adds", "leave it out: unknown members are kept in '_extra'");
            }

            if (!folded.TryAdd(name, name) && folded[name] != name)
            {
                report.Add(offset, $"properties '{folded[name]}' and '{name}' differ only by letter case, which DuckDB and Athena do not tell apart", "leave one out: unknown members are kept in '_extra'");
            }
        }

        CheckDots(properties, report);
    }

    /// <summary>A member "a.b" beside an object "a" with a member "b" would make the path a.b mean two fields.</summary>
    private static void CheckDots(SchemaNode properties, SchemaReport report)
    {
        foreach (var (name, offset, _) in properties.Members)
        {
            for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
            {
                if (properties.Find(name[..dot]) is not null)
                {
                    report.Add(offset, $"property '{name}' reads like a path into '{name[..dot]}'", "leave one out: unknown members are kept in '_extra'");
                }
            }
        }
    }
}
