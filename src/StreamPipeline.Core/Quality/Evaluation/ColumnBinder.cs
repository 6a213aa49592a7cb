using Apache.Arrow;
using Apache.Arrow.Types;

using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Finds columns by name, and words the problem when there is none.</summary>
internal sealed class ColumnBinder(Schema schema, ProblemList problems)
{
    private readonly Dictionary<string, ColumnPath> _columns = new(StringComparer.Ordinal);

    public Schema Schema => schema;

    /// <summary>Distinct columns found so far.</summary>
    public int Count => _columns.Count;

    public bool Exists(string name) => Find(schema.FieldsList, name, []) is not null;

    /// <summary>Null, with the problem added, when there is no such column.</summary>
    public ColumnPath? Find(string name, Location at)
    {
        if (_columns.TryGetValue(name, out var column))
        {
            return column;
        }

        if (Find(schema.FieldsList, name, []) is not { } found)
        {
            var near = NearestName.Of(name, Names(schema.FieldsList, "", 0));
            problems.Add(
                at,
                $"there is no column \"{name}\"",
                near is null ? $"columns are {Short(string.Join(", ", schema.FieldsList.Select(static field => field.Name)))}" : $"did you mean \"{near}\"?");
            return null;
        }

        column = new ColumnPath(name, found.Indices, ColumnPath.KindOf(found.Type), _columns.Count);
        _columns.Add(name, column);
        return column;
    }

    private static string Short(string text) => text.Length <= 300 ? text : string.Concat(text.AsSpan(0, 300), "…");

    /// <summary>A name that holds a dot itself wins over a path.</summary>
    private static (int[] Indices, IArrowType Type)? Find(IReadOnlyList<Field> fields, string name, int[] parents)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name == name)
            {
                return ([.. parents, i], fields[i].DataType);
            }
        }

        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].DataType is StructType type
                && name.StartsWith(fields[i].Name + ".", StringComparison.Ordinal)
                && Find(type.Fields, name[(fields[i].Name.Length + 1)..], [.. parents, i]) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static IEnumerable<string> Names(IReadOnlyList<Field> fields, string prefix, int depth)
    {
        foreach (var field in fields)
        {
            yield return prefix + field.Name;
            if (field.DataType is StructType type && depth < Ruleset.DepthMax)
            {
                foreach (var name in Names(type.Fields, prefix + field.Name + ".", depth + 1))
                {
                    yield return name;
                }
            }
        }
    }
}
