using Apache.Arrow;

namespace StreamPipeline.Core.Lake;

/// <summary>Whether rows of a new schema can join a table: columns may come and go, but none may change its type.</summary>
public static class TableSchema
{
    /// <summary>Null, or what stands against it.</summary>
    public static string? Conflict(string table, Schema old, Schema now)
    {
        var known = old.FieldsList.ToDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var field in now.FieldsList)
        {
            if (known.TryGetValue(field.Name, out var before)
                && !RecordBatches.SameSchema(Alone(before), Alone(field)))
            {
                return $"column '{field.Name}' of table {table} is {Describe(before)}, and the pipeline now makes it {Describe(field)}; give it another name, or use another lake";
            }
        }

        return null;
    }

    /// <summary>The type without the nullability, which may change.</summary>
    private static Schema Alone(Field field) => new([new Field(field.Name, field.DataType, nullable: true)], null);

    private static string Describe(Field field) =>
        field.DataType is Apache.Arrow.Types.NestedType ? $"a {field.DataType.Name} of other fields" : field.DataType.Name;
}
