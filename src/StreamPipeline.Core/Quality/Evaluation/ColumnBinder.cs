using Apache.Arrow;

using StreamPipeline.Core.Columns;
using StreamPipeline.Core.Configuration;

namespace StreamPipeline.Core.Quality.Evaluation;

/// <summary>Finds columns by name, each once, and words the problem when there is none.</summary>
internal sealed class ColumnBinder(Schema schema, ProblemList problems)
{
    private readonly Dictionary<string, ColumnPath> _columns = new(StringComparer.Ordinal);

    public Schema Schema => schema;

    public bool Exists(string name) => ColumnPath.Find(schema, name) is not null;

    /// <summary>Null, with the problem added, when there is no such column.</summary>
    public ColumnPath? Find(string name, Location at)
    {
        if (_columns.TryGetValue(name, out var column))
        {
            return column;
        }

        if (ColumnPath.Find(schema, name) is not { } found)
        {
            problems.Add(at, $"there is no column \"{name}\"", NearestName.Suggest(name, ColumnPath.PathsOf(schema).Select(static path => path.Path)));
            return null;
        }

        _columns.Add(name, found);
        return found;
    }
}
